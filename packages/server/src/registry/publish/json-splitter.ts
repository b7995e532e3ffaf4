import { EntrepotError } from "@entrepot/core";

/*
 * Takes a publish body apart while it arrives: the base64 text of each attachment goes to the caller chunk
 * by chunk, all other bytes are kept (with an empty string in the attachment's place) for one JSON.parse at
 * the end. Only structure is followed here; JSON.parse is the judge of validity.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const DEPTH_MAX = 200;
const KEY_BYTES_MAX = 1024;
/** `{ "_attachments": { "<name>": { "data": "…" } } }`: the text stands below three keys. */
const DATA_DEPTH = 3;

/** Receives what the splitter finds. */
export interface SplitterEvents {
  /** True when the attachment's `data` is to be streamed instead of kept. */
  wantsData(attachmentName: string): boolean;
  /** A piece of a streamed attachment's text, still as it stood in the JSON string. */
  onData(attachmentName: string, text: Uint8Array): Promise<void>;
  /** The streamed text is complete. */
  onDataEnd(attachmentName: string): Promise<void>;
}

/** Feeds a publish body through; `finish` gives the bytes that were kept. */
export interface JsonSplitter {
  write(chunk: Uint8Array): Promise<void>;
  finish(): Buffer;
}

interface SplitterState {
  /** `{` or `[` of every open container. */
  containers: number[];
  /** The key under which the value at each depth stands. */
  keys: string[];
  expectsKey: boolean;
  inString: boolean;
  escaped: boolean;
  keyBytes: number[] | null;
  streaming: string | null;
  streamEscaped: boolean;
}

/** Makes a splitter that keeps at most `keptBytesMax` bytes beside the attachments. */
export function createJsonSplitter(events: SplitterEvents, keptBytesMax: number): JsonSplitter {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  const state: SplitterState = {
    containers: [],
    keys: [],
    expectsKey: false,
    inString: false,
    escaped: false,
    keyBytes: null,
    streaming: null,
    streamEscaped: false,
  };

  function keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    keptBytes += bytes.length;
    if (keptBytes > keptBytesMax) {
      throw new EntrepotError("body-too-large", {
        message: `The package document beside the tarball is larger than ${keptBytesMax} bytes.`,
        details: { limitBytes: keptBytesMax },
      });
    }
    kept.push(Buffer.from(bytes));
  }

  async function write(chunk: Uint8Array): Promise<void> {
    let at = 0;
    while (at < chunk.length) {
      if (state.streaming === null) {
        const end = scanUntilData(state, events, { chunk, from: at });
        keep(chunk.subarray(at, end));
        at = end;
      } else {
        at = await passData(state, events, { chunk, from: at });
      }
    }
  }

  function finish(): Buffer {
    if (state.streaming !== null || state.inString || state.containers.length > 0) {
      throw new EntrepotError("request-invalid", {
        message: "The request body ends in the middle of its JSON.",
      });
    }
    return Buffer.concat(kept);
  }

  return { write, finish };
}

interface ChunkAt {
  chunk: Uint8Array;
  from: number;
}

// Follows the structure up to the opening quote of a text that is to be streamed, or to the chunk's end.
function scanUntilData(state: SplitterState, events: SplitterEvents, { chunk, from }: ChunkAt): number {
  for (let at = from; at < chunk.length; at++) {
    const byte = chunk[at] as number;
    if (state.inString) {
      scanStringByte(state, byte);
    } else if (byte === QUOTE) {
      const name = streamedAttachment(state, events);
      if (name !== null) {
        state.streaming = name;
        return at + 1;
      }
      state.inString = true;
      state.keyBytes = state.expectsKey && state.containers.length <= DATA_DEPTH ? [] : null;
    } else {
      scanStructure(state, byte);
    }
  }
  return chunk.length;
}

function scanStringByte(state: SplitterState, byte: number): void {
  if (!state.escaped && byte === QUOTE) {
    state.inString = false;
    if (state.keyBytes !== null) state.keys[state.containers.length] = keyText(state.keyBytes);
    state.keyBytes = null;
    return;
  }
  state.escaped = !state.escaped && byte === BACKSLASH;
  if (state.keyBytes === null) return;
  if (state.keyBytes.length >= KEY_BYTES_MAX) {
    throw new EntrepotError("request-invalid", {
      message: `A key of the document is longer than ${KEY_BYTES_MAX} bytes.`,
    });
  }
  state.keyBytes.push(byte);
}

function scanStructure(state: SplitterState, byte: number): void {
  switch (byte) {
    case OPEN_OBJECT:
    case OPEN_ARRAY:
      if (state.containers.length >= DEPTH_MAX) {
        throw new EntrepotError("request-invalid", {
          message: `The document is nested deeper than ${DEPTH_MAX} levels.`,
        });
      }
      state.containers.push(byte);
      state.expectsKey = byte === OPEN_OBJECT;
      break;
    case CLOSE_OBJECT:
    case CLOSE_ARRAY:
      state.containers.pop();
      state.expectsKey = false;
      break;
    case COLON:
      state.expectsKey = false;
      break;
    case COMMA:
      state.expectsKey = state.containers.at(-1) === OPEN_OBJECT;
      break;
    default:
  }
}

function streamedAttachment(state: SplitterState, events: SplitterEvents): string | null {
  const isData =
    !state.expectsKey &&
    state.containers.length === DATA_DEPTH &&
    state.containers.at(-1) === OPEN_OBJECT &&
    state.keys[DATA_DEPTH] === "data" &&
    state.keys[1] === "_attachments";
  const name = state.keys[2];
  return isData && name !== undefined && events.wantsData(name) ? name : null;
}

// Hands on text up to the closing quote. The quote itself stays in the chunk, so that what is kept reads `""`.
async function passData(
  state: SplitterState,
  events: SplitterEvents,
  { chunk, from }: ChunkAt,
): Promise<number> {
  const name = state.streaming as string;
  const end = closingQuote(state, chunk, from);
  const stop = end === -1 ? chunk.length : end;
  if (stop > from) await events.onData(name, chunk.subarray(from, stop));
  if (end === -1) return chunk.length;
  await events.onDataEnd(name);
  state.streaming = null;
  state.inString = true;
  return end;
}

function closingQuote(state: SplitterState, chunk: Uint8Array, from: number): number {
  const quote = chunk.indexOf(QUOTE, from);
  const backslash = chunk.indexOf(BACKSLASH, from);
  const noEscapes = backslash === -1 || (quote !== -1 && quote < backslash);
  if (noEscapes && !state.streamEscaped) return quote;
  for (let at = from; at < chunk.length; at++) {
    if (!state.streamEscaped && chunk[at] === QUOTE) return at;
    state.streamEscaped = !state.streamEscaped && chunk[at] === BACKSLASH;
  }
  return -1;
}

function keyText(bytes: readonly number[]): string {
  const text = Buffer.from(bytes).toString("utf8");
  if (!text.includes("\\")) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch (cause) {
    throw new EntrepotError("request-invalid", {
      message: "A key of the document is not valid JSON.",
      cause,
    });
  }
}
