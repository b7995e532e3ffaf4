/** A time as the API writes it. */
export function isoOf(at: number): string {
  return new Date(at).toISOString();
}

/** A time that may be missing. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : isoOf(at);
}
