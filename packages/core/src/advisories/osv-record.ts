import { isJsonObject } from "../packument/abbreviated-fields.ts";

type JsonObject = Record<string, unknown>;

/** What is wrong with a record; never leaves this folder as an exception. */
export class OsvProblem extends Error {}

/** Longest part of a feed's text that a problem repeats. */
const QUOTE_LENGTH_MAX = 60;

/** What a list in a record may hold. */
interface ListBounds<T> {
  /** For the problem's text, for example `aliases`. */
  what: string;
  lengthMax: number;
  isItem(value: unknown): value is T;
}

/** A feed's text as a problem may show it: one line, quoted, cut. */
export function quote(text: string): string {
  const short = text.length > QUOTE_LENGTH_MAX ? `${text.slice(0, QUOTE_LENGTH_MAX)}…` : text;
  return JSON.stringify(short).replace(/\p{C}/gu, "?");
}

/** A list that may be absent. Items of the wrong type make the whole record unusable. */
function listOf<T>(value: unknown, { what, lengthMax, isItem }: ListBounds<T>): readonly T[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new OsvProblem(`${what} is not a list`);
  if (value.length > lengthMax) throw new OsvProblem(`${what} has more than ${lengthMax} entries`);
  const items: readonly unknown[] = value;
  if (!items.every(isItem)) throw new OsvProblem(`${what} has an entry of the wrong type`);
  return items;
}

/** Like {@link listOf}, of objects. */
export function objectsOf(value: unknown, what: string, lengthMax: number): readonly JsonObject[] {
  return listOf(value, { what, lengthMax, isItem: isJsonObject });
}

/** Like {@link listOf}, of texts. */
export function textsOf(value: unknown, what: string, lengthMax: number): readonly string[] {
  return listOf(value, { what, lengthMax, isItem: isText });
}

/** An object that may be absent, or something else that is of no use. */
export function objectOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A text that may be absent, or something else that is of no use. */
export function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
