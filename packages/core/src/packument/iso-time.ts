/** A moment in our spelling, on a day that every month has. */
const CANONICAL =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/u;
const ISO_LIKE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/u;

/**
 * Gives a moment in the one spelling that every client reads, `2026-01-31T12:00:00.000Z`. A time without an
 * offset is in UTC. Null if the text is not a date of ISO 8601.
 */
export function isoTime(text: string): string | null {
  if (CANONICAL.test(text)) return text;
  const match = ISO_LIKE.exec(text);
  if (match === null) return null;
  const hasOffset = match[1] !== undefined || text.length === 10;
  const milliseconds = Date.parse(hasOffset ? text : `${text}Z`);
  return Number.isNaN(milliseconds) ? null : new Date(milliseconds).toISOString();
}
