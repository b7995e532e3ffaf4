import { EntrepotError, type PageAnswer } from "@entrepot/core";

const LIMIT_DEFAULT = 50;
const LIMIT_MAX = 500;

/** Reads `limit` from a query: 1 to 500, 50 when left out. Throws `request-invalid`. */
export function limitOf(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw new EntrepotError("request-invalid", {
    message: `"limit" is a whole number from 1 to ${LIMIT_MAX}.`,
  });
}

/** Makes a page of rows that were read one beyond the limit, in the order of `keyOf`. */
export function pageOf<T>(rows: readonly T[], limit: number, keyOf: (row: T) => string): PageAnswer<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last !== undefined ? keyOf(last) : null };
}

/** A short list that needs no paging, in the shape of a page. */
export function wholeList<T>(items: T[]): PageAnswer<T> {
  return { items, next: null };
}
