import { createHash } from "node:crypto";
import type { StagedFile, StagingArea } from "../../blobs/index.ts";

/** Up to this size a tarball stays in memory until the blob store takes it; nine in ten are smaller. */
const HELD_BYTES_MAX = 64 * 1024;

/** A tarball that came with a publish, decoded and hashed. */
export interface Attachment {
  name: string;
  /** Its bytes, or the file they are in, which whoever takes it may move away. */
  content: { bytes: Uint8Array } | { path: string };
  sizeBytes: number;
  sha512: Buffer;
  sha1: Buffer;
  /** Removes the file, if there is one and nobody took it. Safe any number of times. */
  discard(): Promise<void>;
}

/** Where a tarball's bytes go while they arrive: into memory as long as they are few, then into a file. */
export class AttachmentSink {
  readonly #name: string;
  readonly #staging: StagingArea;
  #held: Uint8Array[] = [];
  #file: StagedFile | null = null;
  sizeBytes: number = 0;

  constructor(name: string, staging: StagingArea) {
    this.#name = name;
    this.#staging = staging;
  }

  /** Takes a chunk, which must not change afterwards. Wait for it before the next one. */
  async write(bytes: Uint8Array): Promise<void> {
    this.sizeBytes += bytes.length;
    if (this.#file === null && this.sizeBytes <= HELD_BYTES_MAX) {
      this.#held.push(bytes);
      return;
    }
    const file = (this.#file ??= await this.#openFile());
    await file.write(bytes);
  }

  async finish(): Promise<Attachment> {
    const file = this.#file;
    if (file !== null) {
      const discard = (): Promise<void> => file.discard();
      return { name: this.#name, content: { path: file.path }, ...(await file.finish()), discard };
    }
    const bytes = Buffer.concat(this.#held);
    return {
      name: this.#name,
      content: { bytes },
      sizeBytes: bytes.length,
      sha512: createHash("sha512").update(bytes).digest(),
      sha1: createHash("sha1").update(bytes).digest(),
      discard: () => Promise.resolve(),
    };
  }

  async discard(): Promise<void> {
    await this.#file?.discard();
  }

  async #openFile(): Promise<StagedFile> {
    const file = await this.#staging.stage();
    this.#file = file;
    for (const bytes of this.#held) await file.write(bytes);
    this.#held = [];
    return file;
  }
}
