import { createHash } from "node:crypto";
import { EntrepotError } from "@entrepot/core";
import { denied } from "../../firewall/index.ts";
import type { Selection, View } from "../../registry/index.ts";
import type { Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";
import { preferredForm } from "../negotiate.ts";
import { viewFor } from "./get-packument.ts";

const SELECTOR_CHARS_MAX = 256;
/** Selections that are remembered of one view. */
const SELECTIONS_MAX = 100;
const ETAG_CHARS = 27;
const SHARED_HEADERS = ["cache-control", "private, no-cache", "vary", "accept, accept-encoding"];

/** `GET /:package/:selector`: one version's manifest, chosen by version, tag or range. */
export async function getManifest(context: NpmContext): Promise<Answer> {
  const selector = valueOf(context.params, "rest");
  if (selector.length > SELECTOR_CHARS_MAX) {
    throw new EntrepotError("version-invalid", {
      message: `A version, tag or range has at most ${SELECTOR_CHARS_MAX} characters here.`,
    });
  }
  const view = await viewFor(context, preferredForm(context.request.headers.accept));
  const { manifest } = await selectFrom(context, view, selector);
  if (manifest === null) {
    throw new EntrepotError("version-not-found", {
      message: `version not found: ${packageOf(context.params).full}@${selector}`,
    });
  }
  return manifestAnswer(
    view,
    selector,
    Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength),
  );
}

function manifestAnswer(view: View, selector: string, body: Buffer): Answer {
  const hash = createHash("sha256").update(`${view.etag}\n${selector}`).digest("base64url");
  const etag = `"${hash.slice(0, ETAG_CHARS)}"`;
  const validators = ["etag", etag, ...SHARED_HEADERS];
  return {
    status: 200,
    headers: [
      "content-type",
      "application/json; charset=utf-8",
      "content-length",
      String(body.length),
      ...validators,
    ],
    body,
    replay: {
      // The lane must not keep the bytes of views that are gone.
      body: () => {
        const current = view.held.view;
        return current?.isCurrent() === true ? (current.selections.get(selector)?.manifest ?? null) : null;
      },
      registryId: view.registryId,
      etag,
      notModifiedHeaders: validators,
    },
  };
}

/** The tags of a package as its view shows them. */
export async function tagsOf(context: NpmContext): Promise<Record<string, string>> {
  return (await selectFrom(context, await viewFor(context, "abbreviated"), null)).tags;
}

// Looks into the very view that packument requests get, so that nothing it hides can come out here.
async function selectFrom(context: NpmContext, view: View, selector: string | null): Promise<Selection> {
  const known = view.selections.get(selector);
  if (known !== undefined) return known;
  const found = await context.deps.threads.run("selectManifest", {
    gzip: view.gzip,
    sizeBytesMax: view.sizeBytes,
    selector,
  });
  const verdict = found.hidden === null ? undefined : view.hidden.get(found.hidden);
  if (found.hidden !== null && verdict !== undefined) {
    const name = packageOf(context.params).full;
    throw denied(verdict, { name, version: found.hidden, registry: context.registry.name });
  }
  if (view.selections.size < SELECTIONS_MAX) view.selections.set(selector, found);
  return found;
}
