import { maxSatisfying, normalizeVersion } from "@entrepot/core";
import { gunzip } from "./gzip.ts";
import { ownBytes } from "./own-bytes.ts";
import { releaseBytes } from "./release-bytes.ts";
import type { SelectedManifest, SelectManifestInput, TaskResult } from "./tasks.ts";

interface ViewDocument {
  "name": string;
  "dist-tags"?: Record<string, string>;
  "versions"?: Record<string, unknown>;
  "_policy"?: { hidden?: Record<string, unknown>; droppedTags?: Record<string, string> };
}

/** Picks one version out of a view by version, tag or range. What the view does not show cannot come out. */
export function selectManifest(input: SelectManifestInput): TaskResult<"selectManifest"> {
  const bytes = gunzip(input.gzip, { sizeBytesMax: input.sizeBytesMax, name: "the view" });
  const document = JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"),
  ) as ViewDocument;
  releaseBytes(bytes);
  const tags = document["dist-tags"] ?? {};
  const selected: SelectedManifest = { manifest: null, tags, hidden: null };
  if (input.selector === null) return { output: selected, transfer: [] };
  const versions = new Map(Object.entries(document.versions ?? {}));
  const version = chosenVersion(input.selector, { tags, versions: [...versions.keys()] });
  if (version !== null) {
    const manifest = ownBytes(Buffer.from(JSON.stringify(versions.get(version))));
    return { output: { ...selected, manifest }, transfer: [manifest.buffer] };
  }
  const { hidden = {}, droppedTags = {} } = document._policy ?? {};
  selected.hidden = chosenVersion(input.selector, { tags: droppedTags, versions: Object.keys(hidden) });
  return { output: selected, transfer: [] };
}

function chosenVersion(
  selector: string,
  view: { tags: Record<string, string>; versions: readonly string[] },
): string | null {
  const exact = normalizeVersion(selector);
  if (exact !== null) return view.versions.includes(exact) ? exact : null;
  const tagged = Object.hasOwn(view.tags, selector) ? view.tags[selector] : undefined;
  return tagged ?? maxSatisfying(view.versions, selector);
}
