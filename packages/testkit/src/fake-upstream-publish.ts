import type { PublishInput } from "./fake-upstream-packages.ts";

interface PublishBody {
  "name"?: string;
  "dist-tags"?: Record<string, string>;
  "versions"?: Record<string, Record<string, unknown>>;
  "_attachments"?: Record<string, { data?: string; content_type?: string }>;
}

/** Reads the document of an npm publish; nothing for any other body. */
export function publishedBy(body: Buffer): PublishInput[] {
  const document = JSON.parse(body.toString("utf8")) as PublishBody;
  const attachment = Object.values(document._attachments ?? {}).find(
    ({ content_type: type }) => type === "application/octet-stream",
  );
  const [version, manifest] = Object.entries(document.versions ?? {})[0] ?? [];
  if (document.name === undefined || version === undefined || attachment?.data === undefined) return [];
  const { dist: _dist, ...members } = manifest ?? {};
  return [
    {
      name: document.name,
      version,
      manifest: members,
      tag: Object.keys(document["dist-tags"] ?? {})[0] ?? null,
      tarball: Buffer.from(attachment.data, "base64"),
    },
  ];
}
