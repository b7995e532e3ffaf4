import ipaddr from "ipaddr.js";
import * as z from "zod";

/** What the reference page, `config print` and refusals say about a key. */
export interface KeyNotes {
  description: string;
  /** What a value may be, as the end of "allowed: …". */
  allowed: string;
  isSecret?: boolean;
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Number of bytes in one MiB, for defaults. */
export const MIB: number = 1024 ** 2;

function notes(schema: z.ZodType, description: string, allowed: string): KeyNotes {
  const own = schema.meta() as Partial<KeyNotes> | undefined;
  return { description, allowed, ...(own?.isSecret === true ? { isSecret: true } : {}) };
}

/** Attaches a description to a schema, keeping what its kind says is allowed. */
export function described<T extends z.ZodType>(schema: T, description: string): T {
  const allowed = (schema.meta() as Partial<KeyNotes> | undefined)?.allowed ?? "";
  return schema.meta({ ...notes(schema, description, allowed) });
}

/** Reads the notes of a schema; null for one that has none. */
export function notesOf(schema: z.ZodType): KeyNotes | null {
  const found = schema.meta() as Partial<KeyNotes> | undefined;
  if (found?.description === undefined || found.allowed === undefined) return null;
  return { description: found.description, allowed: found.allowed, isSecret: found.isSecret === true };
}

function withDefault<T>(schema: z.ZodType<T>, fallback: T, allowed: string): z.ZodType<T> {
  return schema.default(fallback as z.core.util.NoUndefined<T>).meta({ allowed });
}

/** A whole number from `min` to `max`, both included. */
export function wholeNumber(min: number, max: number, fallback: number): z.ZodType<number> {
  const allowed = `a whole number from ${min} to ${max}`;
  return withDefault(z.int(allowed).min(min, allowed).max(max, allowed), fallback, allowed);
}

/** A time-out in milliseconds, at most a day. */
export function milliseconds(fallback: number): z.ZodType<number> {
  return wholeNumber(1, 86_400_000, fallback);
}

/** A number of bytes: a whole number or text with a unit. */
export function bytes(fallback: number): z.ZodType<number> {
  const allowed = 'a number of bytes, or text with a unit such as "64 MiB" (B, KB, MB, GB, KiB, MiB, GiB)';
  const schema = z.unknown().transform((value, context): number => {
    const parsed = parseBytes(value);
    if (parsed !== null) return parsed;
    context.addIssue({ code: "custom", message: allowed });
    return z.NEVER;
  });
  return withDefault(schema, fallback, allowed);
}

function parseBytes(value: unknown): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG]i?B|B)?$/.exec(
    typeof value === "number" ? String(value) : text(value),
  );
  if (match === null) return null;
  const size = Math.round(Number(match[1]) * (UNIT_BYTES[match[2] ?? "B"] ?? 1));
  return Number.isSafeInteger(size) && size >= 0 ? size : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}

/** `true` or `false`. */
export function flag(fallback: boolean): z.ZodType<boolean> {
  const allowed = "true or false";
  return withDefault(z.boolean(allowed), fallback, allowed);
}

/** One of some words. */
export function choice<const T extends string>(words: readonly [T, ...T[]], fallback: T): z.ZodType<T> {
  const allowed = `one of ${words.join(", ")}`;
  return withDefault(z.enum(words, allowed) as unknown as z.ZodType<T>, fallback, allowed);
}

/** Text without line breaks, of bounded length. */
export function line(fallback: string, allowed = "text on one line", pattern?: RegExp): z.ZodType<string> {
  return withDefault(requiredLine(allowed, pattern), fallback, allowed);
}

/** The same without a default: the key must be there. */
export function requiredLine(allowed: string, pattern: RegExp = /^[^\r\n\0]*$/): z.ZodType<string> {
  return z.string(allowed).max(4096, allowed).regex(pattern, allowed).meta({ allowed });
}

/** Text that may be left out. */
export function optionalLine(allowed = "text on one line"): z.ZodType<string | null> {
  return withDefault<string | null>(requiredLine(allowed).nullable(), null, allowed);
}

/** Text that may be left out and is never shown. */
export function secret(allowed = "text on one line"): z.ZodType<string | null> {
  const schema = withDefault<string | null>(
    z.string(allowed).min(1, allowed).max(4096, allowed).nullable(),
    null,
    allowed,
  );
  return schema.meta({ allowed, isSecret: true });
}

/** Text that `accepts` says yes to, or nothing. */
export function optionalText(allowed: string, accepts: (value: string) => boolean): z.ZodType<string | null> {
  return withDefault<string | null>(z.string(allowed).refine(accepts, allowed).nullable(), null, allowed);
}

/** Text that must be there and that `accepts` says yes to. */
export function requiredText(allowed: string, accepts: (value: string) => boolean): z.ZodType<string> {
  return z.string(allowed).refine(accepts, allowed).meta({ allowed });
}

/** A list of texts, each of which `accepts` says yes to; empty when left out. */
export function list(allowed: string, accepts: (value: string) => boolean): z.ZodType<string[]> {
  const items = z.array(z.string(allowed).refine(accepts, allowed), allowed).max(1000, allowed);
  return withDefault(items, [], allowed);
}

/** Tells whether the text is an absolute http or https URL without credentials, query and fragment. */
export function isPlainUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const isHttp = url.protocol === "http:" || url.protocol === "https:";
  return isHttp && url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** Tells whether the text is an address, a range in CIDR form or the word `loopback`. */
export function isProxyAddress(value: string): boolean {
  return value === "loopback" || ipaddr.isValid(value) || ipaddr.isValidCIDR(value);
}

/** Tells whether the text is a host name, with or without a port. */
export function isHostName(value: string): boolean {
  return /^[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?(?::\d{1,5})?$/i.test(value);
}
