import { Header } from "tar/header";
import { gzipSync } from "node:zlib";

/** One entry of a tar that a test makes. */
export interface TarEntry {
  path: string;
  content?: string | Buffer;
  type?: "File" | "Directory" | "SymbolicLink";
  linkpath?: string;
}

/** Bytes of a tar with these entries. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, content = "", type = "File", linkpath }) => {
    const body = Buffer.from(content);
    const header = new Header({
      path,
      type,
      size: body.length,
      mode: 0o644,
      mtime: new Date(0),
      ...(linkpath ? { linkpath } : {}),
    });
    header.encode();
    const padding = Buffer.alloc((512 - (body.length % 512)) % 512);
    return [header.block as Buffer, body, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** Bytes of a tarball: the tar of the entries in gzip. */
export function tarballOf(entries: readonly TarEntry[]): Buffer {
  return gzipSync(tarOf(entries), { level: 1 });
}
