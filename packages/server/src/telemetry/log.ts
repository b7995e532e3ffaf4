import { pino } from "pino";
import type { LogLevel } from "../config/index.ts";
import type { Fields } from "./fields.ts";
import type { CountMeter } from "./metrics.ts";
import type { Output } from "./output.ts";
import { scrub } from "./scrub.ts";

/** Writes JSON lines: a message that is always the same text, and fields for what differs. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  /** For what someone should look at; a client's mistake is `info`. */
  error(message: string, fields?: Fields): void;
  /** Makes a log whose every line has these fields too. */
  with(fields: Fields): Log;
}

export interface LogDeps {
  output: Output;
  now: () => number;
  /** Counts lines lost because the reader was too slow or gone. */
  dropped?: CountMeter;
}

const CAUSES_MAX = 5;

/**
 * Makes the log. Lines below `level` cost next to nothing; secrets are replaced in every line; writing never
 * blocks.
 * `now` gives milliseconds since 1970.
 */
export function createLog(deps: LogDeps, level: LogLevel): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":${deps.now()}`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: (thrown: unknown) => describeError(thrown, CAUSES_MAX) },
    },
    {
      write: (line: string) => {
        if (!deps.output.write(scrub(line)) && deps.dropped !== undefined) deps.dropped.value += 1;
      },
    },
  );
  return wrap(logger);
}

type Writer = (fields: Fields, message: string) => void;

interface Logger {
  debug: Writer;
  info: Writer;
  warn: Writer;
  error: Writer;
  child(fields: Fields): Logger;
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    with: (fields) => wrap(logger.child(fields)),
  };
}

function describeError(thrown: unknown, causesLeft: number): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code, details } = thrown as { code?: unknown; details?: unknown };
  return {
    name: thrown.name,
    message: thrown.message,
    ...(code === undefined ? {} : { code }),
    ...(details === undefined ? {} : { details }),
    stack: thrown.stack,
    ...(thrown.cause === undefined || causesLeft === 0
      ? {}
      : { cause: describeError(thrown.cause, causesLeft - 1) }),
  };
}

/** A log that writes nothing, for tests and tools. */
export function createSilentLog(): Log {
  const log: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => log };
  return log;
}
