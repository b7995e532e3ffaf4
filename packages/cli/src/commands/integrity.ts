import type { ClientCommand, CommandContext } from "../command.ts";
import { textOption } from "../command.ts";
import { usageFailure } from "../failure.ts";

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/integrity-changes"), [
    "kind",
    "registry",
    "upstream",
    "served",
    "package",
    "version",
    "was",
    "is",
    "seenAt",
  ]);
}

async function accept({ words: [word = ""], options, api, print }: CommandContext): Promise<void> {
  const reason = textOption(options, "reason");
  if (reason === undefined) {
    throw usageFailure('Say why the new content is to be trusted, such as --reason "the author told us".');
  }
  const changes = await api.list("/integrity-changes");
  const found = changes.filter(
    (change) =>
      change["kind"] !== "disagrees" && `${String(change["package"])}@${String(change["version"])}` === word,
  );
  const upstream = textOption(options, "upstream");
  const [meant, second] = found.filter((change) => upstream === undefined || change["upstream"] === upstream);
  if (meant === undefined) throw usageFailure(`No upstream changed ${word}; see: entrepot integrity list`);
  if (second !== undefined) {
    throw usageFailure(`Several upstreams changed ${word}; name one with --upstream.`);
  }
  const body = {
    upstream: meant["upstream"],
    package: meant["package"],
    version: meant["version"],
    integrity: meant["is"],
  };
  const result = await api.call("POST", "/integrity-changes/accept", { ...body, reason });
  print.done(`${word} is taken as ${String(meant["is"])} from now on.`, result);
}

/** `entrepot integrity …`. */
export const INTEGRITY_COMMANDS: readonly ClientCommand[] = [
  {
    name: "integrity list",
    summary: "List the versions whose content an upstream changed, or that upstreams disagree about.",
    words: [],
    options: {},
    run: list,
  },
  {
    name: "integrity accept",
    summary: "Take an upstream's word for the new content of a version.",
    words: ["<package@version>"],
    options: {
      upstream: {
        type: "string",
        value: "NAME",
        what: "The upstream that is meant, where several changed it.",
      },
      reason: { type: "string", value: "TEXT", what: "Why; kept in the audit trail." },
    },
    run: accept,
  },
];
