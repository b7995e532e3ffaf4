import { access } from "node:fs/promises";
import { basename, join } from "node:path";
import { part } from "../api.ts";
import { textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { CommandFailure, EXIT, usageFailure, type ExitCode } from "../failure.ts";
import { plainText } from "../plain-text.ts";
import { readText } from "../read-text.ts";
import { showPreflight, type PreflightReport } from "./preflight-text.ts";

const REGISTRY_USUAL = "default";
const FILE_BYTES_MAX = 15 * 1024 * 1024;
/** What is looked for, in this order: what pins comes before what asks. */
const FILE_NAMES = [
  "npm-shrinkwrap.json",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lock",
  "package.json",
];

interface AskedFile {
  /** Null for standard input. */
  fileName: string | null;
  content: string;
}

/** A line of the answer. */
interface Line {
  progress?: { done: number; total: number };
  report?: PreflightReport;
  error?: string;
  code?: string;
}

async function fileOf({ words: [named], io }: CommandContext): Promise<AskedFile> {
  const path = named ?? (await foundIn(io.folder));
  const content = await readText(io, path, FILE_BYTES_MAX);
  return { fileName: path === "-" ? null : basename(path), content };
}

async function foundIn(folder: string): Promise<string> {
  for (const name of FILE_NAMES) {
    const path = join(folder, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  throw usageFailure(`There is none of ${FILE_NAMES.join(", ")} here; name the file.`);
}

/** Shows how far it is where somebody watches, on one line that is written over. */
function showProgress({ io, print }: CommandContext, { done, total }: { done: number; total: number }): void {
  if (io.isInteractive && !print.asJson) io.err(`\r${done} of ${total} looked at `);
}

async function preflight(context: CommandContext): Promise<ExitCode> {
  const { options, api, print, io } = context;
  const file = await fileOf(context);
  const registry = textOption(options, "registry") ?? REGISTRY_USUAL;
  const path = `/registries/${part(registry)}/preflight?progress=true`;
  let report: PreflightReport | null = null;
  const takeLine = (text: string): void => {
    const line = lineOf(text);
    if (line.progress !== undefined) showProgress(context, line.progress);
    if (line.error !== undefined) {
      throw new CommandFailure(EXIT.refused, plainText(line.error), { code: line.code ?? "refused" });
    }
    report ??= line.report ?? null;
  };
  let rest = "";
  const body = { ...file, hosts: textOptions(options, "host") ?? [] };
  await api.stream(
    path,
    (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line !== "") takeLine(line);
    },
    body,
  );
  if (rest !== "") takeLine(rest);
  if (io.isInteractive && !print.asJson) io.err("\r\u001B[K");
  return finish(context, file.fileName ?? "Standard input", report);
}

function lineOf(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (error) {
    throw new CommandFailure(EXIT.refused, "The server answered something that is no report.", {
      cause: error,
    });
  }
}

function finish(context: CommandContext, fileName: string, report: PreflightReport | null): ExitCode {
  if (report === null) throw new CommandFailure(EXIT.unreachable, "The server's answer has no report.");
  if (context.print.asJson) context.print.one(report);
  else showPreflight(context, fileName, report);
  return report.isInstallable ? EXIT.done : EXIT.refused;
}

/** `entrepot preflight`. */
export const PREFLIGHT_COMMANDS: readonly ClientCommand[] = [
  {
    name: "preflight",
    summary: "Say whether a lockfile or package.json can be installed, and what would help.",
    words: ["[file]"],
    options: {
      registry: {
        type: "string",
        value: "NAME",
        what: `From this registry; ${REGISTRY_USUAL} when left out.`,
      },
      host: {
        type: "string",
        multiple: true,
        value: "HOST",
        what: "Tarballs of this host count as the registry's; repeat for more.",
      },
    },
    run: preflight,
  },
];
