import { EntrepotError } from "@entrepot/core";
import type { StagingArea } from "../../blobs/index.ts";
import { type Attachment, AttachmentSink } from "./attachment.ts";
import { createJsonSplitter } from "./json-splitter.ts";

/** Bounds of one publish request. */
export interface PublishLimits {
  /** The whole request body. */
  publishBytesMax: number;
  /** What stands beside the tarball: manifest, README, provenance. */
  metadataBytesMax: number;
  /** The tarball, decoded. */
  tarballBytesMax: number;
}

/** A body that is still to be read. */
export interface UnreadBody {
  /** The length that the client announced; null when it announced none. */
  readonly declaredBytes: number | null;
  chunks(): AsyncIterable<Uint8Array>;
}

/** The body of a PUT to a package. */
export interface PackageBody {
  document: Record<string, unknown>;
  /** Text attachments such as sigstore bundles stay in the document. */
  attachments: Attachment[];
}

const BASE64_TEXT = /^[A-Za-z0-9+/=\s]*$/;
const ATTACHMENTS_MAX = 4;
const BASE64_GROUP = 4;

/**
 * Reads the body of `PUT /<package>`. All but small tarballs go to the staging area while they arrive and are never
 * held in memory; the caller discards them. Throws `body-too-large` and `request-invalid`, leaving no file behind.
 */
export async function readPackageBody(
  deps: { staging: StagingArea; limits: PublishLimits },
  body: UnreadBody,
): Promise<PackageBody> {
  const { publishBytesMax, metadataBytesMax, tarballBytesMax } = deps.limits;
  if ((body.declaredBytes ?? 0) > publishBytesMax) throw bodyTooLarge(publishBytesMax);
  const decoders = new Map<string, AttachmentDecoder>();
  function decoderOf(name: string): AttachmentDecoder {
    const known = decoders.get(name);
    if (known !== undefined) return known;
    if (decoders.size >= ATTACHMENTS_MAX) throw tooManyAttachments();
    const sink = new AttachmentSink(name, deps.staging);
    const decoder = createDecoder({ name, sink, bytesMax: tarballBytesMax });
    decoders.set(name, decoder);
    return decoder;
  }
  const splitter = createJsonSplitter(
    {
      wantsData: (name) => !name.endsWith(".sigstore"),
      onData: (name, text) => decoderOf(name).write(text),
      // An empty text is an attachment too, and is refused as one.
      onDataEnd: (name) => decoderOf(name).end(),
    },
    metadataBytesMax,
  );
  try {
    let total = 0;
    for await (const chunk of body.chunks()) {
      total += chunk.length;
      if (total > publishBytesMax) throw bodyTooLarge(publishBytesMax);
      await splitter.write(chunk);
    }
    const document = parseObject(splitter.finish());
    const attachments = await Promise.all([...decoders.values()].map((decoder) => decoder.finish()));
    return { document, attachments };
  } catch (error) {
    await Promise.all([...decoders.values()].map((decoder) => decoder.discard()));
    throw error;
  }
}

interface AttachmentDecoder {
  write(text: Uint8Array): Promise<void>;
  end(): Promise<void>;
  finish(): Promise<Attachment>;
  discard(): Promise<void>;
}

// Base64 comes in pieces of any length; what does not fill a group of four waits for the next piece.
function createDecoder(input: { name: string; sink: AttachmentSink; bytesMax: number }): AttachmentDecoder {
  const { name, sink, bytesMax } = input;
  let carried = "";
  let isEnded = false;
  async function decode(text: string): Promise<void> {
    if (!BASE64_TEXT.test(text)) throw invalid(`The attachment "${name}" is not base64.`);
    const bytes = Buffer.from(text, "base64");
    if (sink.sizeBytes + bytes.length > bytesMax) {
      throw tooLarge("tarball", { bytesMax, key: "limits.tarballBytesMax" });
    }
    if (bytes.length > 0) await sink.write(bytes);
  }
  return {
    async write(piece) {
      if (isEnded) throw invalid(`The attachment "${name}" has its data twice.`);
      // JSON may escape the slash; no other escape belongs into base64.
      const text = carried + Buffer.from(piece).toString("latin1");
      const unescaped = text.includes("\\") ? text.replaceAll("\\/", "/").replaceAll("\\n", "") : text;
      const usable = unescaped.endsWith("\\") ? unescaped.length - 1 : unescaped.length;
      const whole = usable - (usable % BASE64_GROUP);
      carried = unescaped.slice(whole);
      await decode(unescaped.slice(0, whole));
    },
    async end() {
      isEnded = true;
      await decode(carried);
      carried = "";
    },
    finish: () => sink.finish(),
    discard: () => sink.discard(),
  };
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw new EntrepotError("request-invalid", { message: "The request body is not valid JSON.", cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid("The request body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}

function tooManyAttachments(): EntrepotError {
  return invalid(`A publish has at most ${ATTACHMENTS_MAX} attachments.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

function bodyTooLarge(bytesMax: number): EntrepotError {
  return tooLarge("request body", { bytesMax, key: "limits.publishBytesMax" });
}

function tooLarge(what: string, limit: { bytesMax: number; key: string }): EntrepotError {
  return new EntrepotError("body-too-large", {
    message: `The ${what} is larger than ${limit.bytesMax} bytes; raise ${limit.key} to take it.`,
    details: { limitBytes: limit.bytesMax },
  });
}
