/** Reads a `Retry-After` header, in seconds or as a date; milliseconds from now, null when there is none. */
export function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  if (typeof header !== "string") return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  if (!/[a-z]{3}/i.test(header)) return null;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
