/** Text of a server or a file without what would move a terminal's cursor, on one line. */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

/** A text as one word of a command line, such that no shell does anything with it. */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./^~-]+$/u.test(text) && !text.startsWith("~")) return text;
  return `"${plainText(text).replace(/["`$\\!]/gu, "'")}"`;
}
