import { EntrepotError } from "@entrepot/core";

const CURSOR = /^[1-9]\d{0,14}$/;

/** Reads the cursor of a list that is in the order of its numbers; null for its beginning. Throws `request-invalid`. */
export function beforeOf(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (CURSOR.test(cursor)) return Number(cursor);
  throw new EntrepotError("request-invalid", { message: "This is not a cursor that a list gave out." });
}
