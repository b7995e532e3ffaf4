import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import type { SeededRandom } from "./seeded-random.ts";

/** An upstream of very many packages, whose documents are made when they are asked for. */
export interface ManyDocuments {
  readonly url: string;
  close(): Promise<void>;
}

/** Half the documents of a public registry are below this, and the others spread as below. */
const MEDIAN_BYTES = 18 * 1024;
const SPREAD = 0.85;
const LARGE = { every: 200, sizeBytes: 1024 ** 2 };
const HUGE = { every: 2000, sizeBytes: 10 * 1024 ** 2 };

/** Starts it: `package-0` to `package-<count - 1>`, in sizes like those of a public registry. */
export async function startManyDocuments(random: SeededRandom, count: number): Promise<ManyDocuments> {
  const sizes = Array.from({ length: count }, (_, index) => sizeOf(index, random));
  const words = Array.from({ length: 512 }, () => random.bytes(9).toString("base64url"));
  const server = createServer((request, response) => {
    const index = Number(/^\/package-(\d+)$/.exec(request.url ?? "")?.[1] ?? Number.NaN);
    const sizeBytes = sizes[index];
    if (sizeBytes === undefined) {
      response.writeHead(404).end("{}");
      return;
    }
    const body = gzipSync(documentOf({ index, sizeBytes }, words), { level: 1 });
    response.writeHead(200, {
      "content-type": "application/json",
      "content-encoding": "gzip",
      "content-length": body.length,
      "etag": `"${index}"`,
    });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sizeOf(index: number, random: SeededRandom): number {
  if (index % HUGE.every === HUGE.every - 1) return HUGE.sizeBytes;
  if (index % LARGE.every === LARGE.every - 1) return LARGE.sizeBytes;
  // The sum of twelve uniform numbers is nearly normal, with variance one.
  const sum = Array.from({ length: 12 }, () => random.next()).reduce((total, one) => total + one, -6);
  return Math.round(MEDIAN_BYTES * Math.exp(SPREAD * sum));
}

function documentOf({ index, sizeBytes }: { index: number; sizeBytes: number }, words: string[]): Buffer {
  const name = `package-${index}`;
  const versions: string[] = [];
  const times: string[] = [];
  for (let length = 0; versions.length === 0 || length < sizeBytes;) {
    const version = `1.${versions.length}.0`;
    const manifest = manifestOf({ name, version, seed: index * 31 + versions.length * 7 }, words);
    versions.push(`"${version}":${manifest}`);
    times.push(`"${version}":"2024-01-01T00:00:00.000Z"`);
    length += manifest.length + 50;
  }
  const tags = `{"latest":"1.${versions.length - 1}.0"}`;
  return Buffer.from(
    `{"_id":"${name}","name":"${name}","dist-tags":${tags},` +
      `"versions":{${versions.join(",")}},"time":{${times.join(",")}}}`,
  );
}

function manifestOf(about: { name: string; version: string; seed: number }, words: string[]): string {
  const { name, version, seed } = about;
  const word = (step: number): string => words[(seed + step * 13) % words.length] ?? "";
  const dependencies = Object.fromEntries(
    Array.from({ length: 6 }, (_, step) => [word(step), `^${step}.${seed}.0`]),
  );
  const hash = Array.from({ length: 8 }, (_, step) => word(step + 1)).join("");
  return JSON.stringify({
    name,
    version,
    description: `${word(8)} ${word(9)} ${word(10)} `.repeat(6),
    license: "MIT",
    main: "index.js",
    dependencies,
    dist: {
      integrity: `sha512-${hash.slice(0, 86).padEnd(86, "A")}==`,
      shasum: "0123456789abcdef0123456789abcdef01234567",
      tarball: `http://127.0.0.1/${name}/-/${name}-${version}.tgz`,
    },
    _id: `${name}@${version}`,
    _npmUser: { name: word(11), email: `${word(12)}@example.test` },
  });
}
