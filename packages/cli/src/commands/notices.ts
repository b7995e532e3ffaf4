import { switchOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";

async function list({ options, api, print }: CommandContext): Promise<void> {
  const all = switchOption(options, "all") === true ? "?all=true" : "";
  print.list(await api.list(`/notices${all}`), ["createdAt", "kind", "text"]);
  if (switchOption(options, "read") === true) await api.call("POST", "/notices/read");
}

/** `entrepot notices`. */
export const NOTICE_COMMANDS: readonly ClientCommand[] = [
  {
    name: "notices",
    summary: "Show what you are to be told, such as decisions on your requests.",
    words: [],
    options: {
      all: { type: "boolean", what: "Show what you read before, too." },
      read: { type: "boolean", what: "Mark all as read." },
    },
    run: list,
  },
];
