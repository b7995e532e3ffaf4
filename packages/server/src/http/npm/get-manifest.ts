import { createHash } from "node:crypto";
import { EntrepotError, normalizeVersion } from "@entrepot/core";
import { denied } from "../../firewall/index.ts";
import type { Selection, View } from "../../registry/index.ts";
import type { Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";
import { preferredForm } from "../negotiate.ts";
import { viewFor } from "./get-packument.ts";

const SELECTOR_CHARS_MAX = 256;
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
  if (manifest === null) throw await absence(context, selector);
  const body = Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength);
  return manifestAnswer(context, { view, selector, body });
}

// A version may be missing because the upstream, an Entrepot too, keeps it back.
async function absence({ deps, params, registry }: NpmContext, selector: string): Promise<EntrepotError> {
  const { full: name } = packageOf(params);
  const version = normalizeVersion(selector);
  const refusal = version === null ? null : await deps.verdicts.upstreamRefusal(registry, name, version);
  if (refusal !== null) return refusal;
  return new EntrepotError("version-not-found", { message: `version not found: ${name}@${selector}` });
}

function manifestAnswer(
  { deps }: NpmContext,
  { view, selector, body }: { view: View; selector: string; body: Buffer },
): Answer {
  const { selections } = deps.packuments;
  const { held, registryId, name } = view;
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
      // The lane must keep neither views that are gone nor their bytes.
      body: () => {
        const current = held.view;
        return current?.isCurrent() === true ? (selections.get(current, selector)?.manifest ?? null) : null;
      },
      registryId,
      packageName: name,
      permission: "view",
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
  const { selections } = context.deps.packuments;
  const known = selections.get(view, selector);
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
  selections.set(view, selector, found);
  return found;
}
