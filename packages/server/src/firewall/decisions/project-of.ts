import type { Asker } from "./decision.ts";

const PROJECT_CHARS_MAX = 200;
/** A word of the user agent; clients let their users write that header, and hardly any other. */
const IN_CLIENT = /(?:^|\s)project\/(\S+)/;

/**
 * What a client says it is working on: its `x-entrepot-project` header, else the word `project/<name>` in its user
 * agent. Null when it says nothing.
 */
export function projectOf({ project, client }: Pick<Asker, "project" | "client">): string | null {
  const said = project?.trim() || IN_CLIENT.exec(client ?? "")?.[1] || "";
  if (said === "") return null;
  // What stands in a header are bytes; most of them are UTF-8.
  const text = Buffer.from(Buffer.from(said, "latin1").toString().slice(0, PROJECT_CHARS_MAX)).toString();
  return text === "" ? null : text.replaceAll("\0", "");
}
