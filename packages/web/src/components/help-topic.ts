import { HELP_TOPICS, type HelpTopic } from "@entrepot/core";

/** What mends the mistake of that name, most likely first; null when nothing is known. */
export function mendOf(code: string): string | null {
  const topics: Readonly<Record<string, HelpTopic | undefined>> = HELP_TOPICS;
  return topics[code]?.mend[0] ?? null;
}
