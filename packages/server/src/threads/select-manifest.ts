import { maxSatisfying, normalizeVersion } from "@entrepot/core";
import { gunzip } from "./gzip.ts";
import { ownBytes } from "./own-bytes.ts";
import type { SelectedManifest, SelectManifestInput, TaskResult } from "./tasks.ts";

interface ViewDocument {
  "name": string;
  "dist-tags"?: Record<string, string>;
  "versions"?: Record<string, unknown>;
  "_policy"?: { hidden?: Record<string, { rule: string; reason: string }> };
}

/** Picks one version out of a view by version, tag or range. What the view does not show cannot come out. */
export function selectManifest(input: SelectManifestInput): TaskResult<"selectManifest"> {
  const bytes = gunzip(input.gzip, { sizeBytesMax: input.sizeBytesMax, name: "the view" });
  const document = JSON.parse(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"),
  ) as ViewDocument;
  const tags = document["dist-tags"] ?? {};
  const selected: SelectedManifest = { manifest: null, tags, hidden: null };
  if (input.selector === null) return { output: selected, transfer: [] };
  const versions = new Map(Object.entries(document.versions ?? {}));
  const hidden = new Map(Object.entries(document._policy?.hidden ?? {}));
  const version = chosenVersion(input.selector, { tags: new Map(Object.entries(tags)), versions, hidden });
  if (version === null) return { output: selected, transfer: [] };
  const refusal = hidden.get(version);
  if (refusal !== undefined) {
    selected.hidden = { version, rule: refusal.rule, reason: refusal.reason };
    return { output: selected, transfer: [] };
  }
  const manifest = ownBytes(Buffer.from(JSON.stringify(versions.get(version))));
  return { output: { ...selected, manifest }, transfer: [manifest.buffer] };
}

function chosenVersion(
  selector: string,
  view: { tags: Map<string, string>; versions: Map<string, unknown>; hidden: Map<string, unknown> },
): string | null {
  const exact = normalizeVersion(selector);
  if (exact !== null) return view.versions.has(exact) || view.hidden.has(exact) ? exact : null;
  return view.tags.get(selector) ?? maxSatisfying([...view.versions.keys()], selector);
}
