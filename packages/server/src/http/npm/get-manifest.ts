import { EntrepotError, type PackumentForm } from "@entrepot/core";
import { denied } from "../../firewall/index.ts";
import type { Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";
import { preferredForm } from "../negotiate.ts";
import { viewFor } from "./get-packument.ts";

/** `GET /:package/:selector`: one version's manifest, chosen by version, tag or range. */
export async function getManifest(context: NpmContext): Promise<Answer> {
  const selector = valueOf(context.params, "rest");
  const form = preferredForm(context.request.headers.accept);
  const { manifest } = await selectManifest(context, selector, form);
  if (manifest === null) {
    throw new EntrepotError("version-not-found", {
      message: `version not found: ${packageOf(context.params).full}@${selector}`,
    });
  }
  const body = Buffer.from(manifest.buffer, manifest.byteOffset, manifest.byteLength);
  return {
    status: 200,
    headers: [
      "content-type",
      "application/json; charset=utf-8",
      "content-length",
      String(body.length),
      "cache-control",
      "private, no-cache",
      "vary",
      "accept, accept-encoding",
    ],
    body,
  };
}

/** What a view says of one version, or of its tags alone when `selector` is null. */
interface Selected {
  manifest: Uint8Array | null;
  tags: Record<string, string>;
}

/** Looks into the very view that packument requests get, so that nothing it hides can come out here. */
export async function selectManifest(
  context: NpmContext,
  selector: string | null,
  form: PackumentForm = "abbreviated",
): Promise<Selected> {
  const view = await viewFor(context, form);
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
  return { manifest: found.manifest, tags: found.tags };
}
