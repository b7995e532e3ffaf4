// Puts blobs into the file store at argv[2] until it is killed; prints count and digest of each that was put.
import { createHash, randomBytes } from "node:crypto";
import { writeSync } from "node:fs";
import { createFileStore } from "../../dist/blobs/index.js";

const store = createFileStore({ folder: process.argv[2] });
let count = 0;

async function putForEver() {
  for (;;) {
    const bytes = randomBytes(Math.floor(Math.random() * 100_000));
    const digest = createHash("sha512").update(bytes).digest("hex");
    await store.put(digest, { bytes }, { sizeBytes: bytes.length, durable: false });
    writeSync(1, `${++count} ${digest}\n`);
  }
}

await Promise.all(Array.from({ length: 16 }, putForEver));
