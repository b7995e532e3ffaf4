import type { Readable } from "node:stream";
import type { Decided } from "../firewall/index.ts";

/**
 * What a handler gives back; `send-answer.ts` writes it. Bodies of fixed length carry their length,
 * streams must tell it.
 */
export interface Answer {
  status: number;
  /** Flat list: name, value, name, value … in the order in which they are sent. */
  headers: string[];
  body: Uint8Array | string | null;
  /** A body too large to hold; `content-length` must be among the headers. */
  stream?: Readable;
  /** Present when the very same answer may be given again without running the handler. */
  replay?: Replay;
  /** What the decision log is told when it is sent. */
  decided?: Decided;
}

/** When a recorded answer may be given again. */
export interface Replay {
  /**
   * The body while it is what the handler would say now, null from then on. Asked for every request, so it must
   * cost next to nothing; whoever keeps a replay keeps no bytes alive by it.
   */
  body(): Uint8Array | null;
  /** Who may have it: whoever has the permission on the package in the registry. */
  registryId: string;
  packageName: string;
  permission: "view" | "download";
  /** Strong ETag, quotes included. */
  etag: string;
  /** Headers of the 304 that answers the ETag. */
  notModifiedHeaders: string[];
  /** What the decision log is told each time; the same object as the answer's own. */
  decided?: Decided;
}

const JSON_TYPE = "application/json; charset=utf-8";

/** A JSON answer that no cache keeps. */
export function jsonAnswer(status: number, value: unknown, headers: readonly string[] = []): Answer {
  return jsonBytesAnswer(status, Buffer.from(JSON.stringify(value)), headers);
}

/** The same from JSON that is written already. */
export function jsonBytesAnswer(status: number, body: Uint8Array, headers: readonly string[] = []): Answer {
  return {
    status,
    headers: [
      "content-type",
      JSON_TYPE,
      "content-length",
      String(body.length),
      "cache-control",
      "private, no-store",
      ...headers,
    ],
    body,
  };
}
