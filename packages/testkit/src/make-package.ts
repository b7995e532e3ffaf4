import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

export interface PackageInput {
  name: string;
  version: string;
  /** Further files by path inside the package; `package.json` is made from name, version and `manifest`. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  /** Further members of package.json. */
  manifest?: Readonly<Record<string, unknown>>;
}

export interface PackageTarball {
  bytes: Buffer;
  /** `sha512-…` */
  integrity: string;
  /** SHA-1, hexadecimal. */
  shasum: string;
  /** SHA-512, hexadecimal. */
  digest: string;
  fileCount: number;
  unpackedSize: number;
}

/** Packs a package as `npm pack` would; the same input gives the same bytes. */
export function makePackageTarball({
  name,
  version,
  files = {},
  manifest = {},
}: PackageInput): PackageTarball {
  const packageJson = `${JSON.stringify({ name, version, ...manifest }, null, 2)}\n`;
  const entries = Object.entries({ "package.json": packageJson, ...files });
  const blocks: Uint8Array[] = [];
  let unpackedSize = 0;
  for (const [path, content] of entries) {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    unpackedSize += bytes.length;
    blocks.push(
      tarHeader(`package/${path}`, bytes.length),
      bytes,
      Buffer.alloc((512 - (bytes.length % 512)) % 512),
    );
  }
  blocks.push(Buffer.alloc(1024));
  const bytes = gzipSync(Buffer.concat(blocks), { level: 6 });
  return { bytes, ...hashesOf(bytes), fileCount: entries.length, unpackedSize };
}

/** The hashes that a registry promises for a tarball. */
export function hashesOf(bytes: Uint8Array): { integrity: string; shasum: string; digest: string } {
  const sha512 = createHash("sha512").update(bytes).digest();
  return {
    integrity: `sha512-${sha512.toString("base64")}`,
    shasum: createHash("sha1").update(bytes).digest("hex"),
    digest: sha512.toString("hex"),
  };
}

/** The time stamp that npm writes into every entry, so that packing is reproducible. */
const MODIFIED_SECONDS = Date.UTC(1985, 9, 26, 8, 15) / 1000;

function tarHeader(path: string, sizeBytes: number): Buffer {
  const header = Buffer.alloc(512);
  const { prefix, name } = splitPath(path);
  header.write(name, 0, 100);
  header.write("000644 \0", 100);
  header.write("000000 \0", 108);
  header.write("000000 \0", 116);
  header.write(`${sizeBytes.toString(8).padStart(11, "0")} `, 124);
  header.write(`${MODIFIED_SECONDS.toString(8).padStart(11, "0")} `, 136);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  header.write(prefix, 345, 155);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

function splitPath(path: string): { prefix: string; name: string } {
  if (Buffer.byteLength(path) <= 100) return { prefix: "", name: path };
  const at = path.indexOf("/", path.length - 100);
  if (at < 1 || at > 155) throw new RangeError(`path too long for a ustar header: ${path}`);
  return { prefix: path.slice(0, at), name: path.slice(at + 1) };
}
