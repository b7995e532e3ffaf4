import { EntrepotError } from "@entrepot/core";

const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/** Reads a day or a moment of ISO 8601 from a query, in milliseconds since 1970. Throws `request-invalid`. */
export function momentOf(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  // A plus in a query stands for a space, and few people write it otherwise.
  const written = text.replace(" ", "+");
  const at = MOMENT.test(written) ? Date.parse(written) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new EntrepotError("request-invalid", {
    message: `"${name}" is a day or a moment of ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z.`,
  });
}
