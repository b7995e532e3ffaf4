/** A text as both databases keep it: PostgreSQL refuses the character NUL, which nobody means. */
export function withoutNul(text: string): string {
  return text.replaceAll("\0", "");
}
