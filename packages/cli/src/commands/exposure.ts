import { part } from "../api.ts";
import { switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { EXIT, usageFailure, type ExitCode } from "../failure.ts";
import { readText } from "../read-text.ts";

const LIST_BYTES_MAX = 256 * 1024;

interface Sum {
  name: string;
  versions: string[];
  count: number;
}

interface Answer {
  exposed: boolean;
  items: { package: string; range: string; fetched: string[]; count: number; refused: number }[];
  fetches: Record<string, unknown>[];
  isCut: boolean;
  summary: Record<string, Sum[]>;
  unread: { line: number; text: string; why: string }[];
  unreadCount: number;
  held: {
    status: string;
    versions: unknown[];
    notHeld: { package: string; range: string; why: string }[];
  } | null;
}

function bodyOf({ options }: CommandContext, list: string): Record<string, unknown> {
  const isHeld = switchOption(options, "hold") === true;
  const isBlocked = switchOption(options, "block") === true;
  if (!isHeld && !isBlocked) return { list };
  const reason = textOption(options, "reason");
  if (reason === undefined) {
    throw usageFailure(
      'Give the reason, such as --reason "worm of 14 May"; people who are refused will read it.',
    );
  }
  return { list, hold: true, status: isBlocked ? "blocked" : "held", reason };
}

function show({ print, io }: CommandContext, answer: Answer): void {
  const { items, fetches, held, unread, unreadCount } = answer;
  if (held !== null) io.out(`${held.versions.length} versions are ${held.status} from now on.\n\n`);
  print.list(items, ["package", "range", "count", "fetched", "refused"]);
  if (fetches.length > 0) {
    io.out("\n");
    const columns = ["package", "version", "principal", "project", "credential", "address", "count"];
    print.list(fetches, [...columns, "firstAt", "lastAt"]);
    io.out(`\n${sentence(answer)}\n`);
  } else {
    io.out("\nNobody fetched any of them from here.\n");
  }
  for (const { line, text, why } of unread) warn(io, `line ${line} was not read: ${text} (${why}).`);
  if (unreadCount > unread.length) warn(io, `${unreadCount - unread.length} more lines were not read.`);
  for (const { package: name, range, why } of held?.notHeld ?? []) {
    warn(io, `${name}@${range} is not held: ${why}`);
  }
}

function sentence({ summary, isCut }: Answer): string {
  const count = (side: string): number => summary[side]?.length ?? 0;
  const more = isCut ? " There were more fetches than are listed." : "";
  return (
    `Exposed: ${count("people")} people, ${count("projects")} projects, ${count("credentials")} credentials, ` +
    `${count("packages")} packages.${more}`
  );
}

function warn(io: CommandContext["io"], text: string): void {
  io.err(`Warning: ${text.replace(/\p{Cc}/gu, "?")}\n`);
}

async function exposure(context: CommandContext): Promise<ExitCode> {
  const {
    words: [path = "-"],
    options,
    api,
    print,
    io,
  } = context;
  if (path === "-" && io.isInteractive) {
    io.err("Paste the bad versions, one in a line, and end with Ctrl-D:\n");
  }
  const body = bodyOf(context, await readText(io, path, LIST_BYTES_MAX));
  const registry = textOption(options, "registry");
  const place = registry === undefined ? "" : `/registries/${part(registry)}`;
  const answer = await api.call<Answer>("POST", `${place}/exposure`, body);
  if (print.asJson) print.one(answer);
  else show(context, answer);
  return answer.exposed && switchOption(options, "check") === true ? EXIT.refused : EXIT.done;
}

/** `entrepot exposure`. */
export const EXPOSURE_COMMANDS: readonly ClientCommand[] = [
  {
    name: "exposure",
    summary: "Tell who fetched bad versions from here, and hold them in the same step.",
    words: ["[file|-]"],
    options: {
      registry: { type: "string", value: "NAME", what: "Only in this registry; in all when left out." },
      hold: { type: "boolean", what: "Refuse all of them from now on, until somebody has looked." },
      block: { type: "boolean", what: "Refuse all of them from now on." },
      reason: { type: "string", value: "TEXT", what: "Why; shown to who is refused." },
      check: { type: "boolean", what: "End with exit code 1 when somebody fetched one of them." },
    },
    run: exposure,
  },
];
