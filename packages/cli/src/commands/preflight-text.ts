import type { CommandContext } from "../command.ts";
import { plainText, shellWord } from "../plain-text.ts";

interface Verdict {
  outcome: string;
  rule: string;
  reason: string;
  until: string | null;
}

interface Pin {
  name: string;
  version: string;
}

/** An exception as the API takes it. */
export interface ProposedException {
  registry: string;
  packages: string;
  range: string;
  rules: string[];
  reason: string;
  days: number;
}

/** What the server found. */
export interface PreflightReport {
  registry: string;
  format: string;
  entries: number;
  checked: number;
  bundled: number;
  isInstallable: boolean;
  counts: Record<string, number>;
  refused: (Pin & Verdict)[];
  hidden: (Pin & Verdict)[];
  changed: Pin[];
  blocked: {
    name: string;
    range: string;
    path: string[];
    isOptional: boolean;
    candidates: (Verdict & { version: string })[];
  }[];
  stuck: { what: string }[];
  missing: { what: string; why: string; path: string[]; isOptional: boolean }[];
  notChecked: { what: string; why: string }[];
  exceptions: ProposedException[];
  leftOut: Record<string, number>;
  hosts: { host: string; entries: number; isChecked: boolean }[];
  problems: string[];
}

const LINES_MAX = 50;
const CANDIDATES_MAX = 5;
const STATES: Readonly<Record<string, string>> = { hold: "held", hide: "hidden", deny: "blocked" };

/** The command that makes an exception. */
function exceptionCommand({ registry, packages, range, rules, reason, days }: ProposedException): string {
  return [
    `entrepot exception add ${shellWord(`${packages}@${range}`)}`,
    `--registry ${shellWord(registry)}`,
    ...rules.map((rule) => `--rule ${shellWord(rule)}`),
    `--days ${days}`,
    `--reason ${shellWord(reason)}`,
  ].join(" ");
}

/** Shows a report to a person. */
export function showPreflight(
  { io, print }: Pick<CommandContext, "io" | "print">,
  file: string,
  report: PreflightReport,
): void {
  const { entries, checked, format, registry, isInstallable } = report;
  io.out(
    `${plainText(file)} (${format}): ${entries} entries, ${checked} versions looked at in the registry ${registry}.\n`,
  );
  io.out(isInstallable ? "Nothing stands in the way.\n" : "It cannot be installed as it is.\n");
  const pins = [...report.refused, ...report.hidden].slice(0, LINES_MAX).map((pin) => ({
    package: `${pin.name}@${pin.version}`,
    state: STATES[pin.outcome] ?? pin.outcome,
    rule: pin.rule,
    until: pin.until,
    because: plainText(pin.reason),
  }));
  if (pins.length > 0) {
    io.out("\n");
    print.list(pins, ["package", "state", "rule", "until", "because"]);
  }
  for (const part of partsOf(report)) section(io, part);
}

interface Part {
  title: string;
  lines: readonly string[];
  /** How many there are, where not all of them came. */
  count?: number | undefined;
}

function partsOf(report: PreflightReport): Part[] {
  const { counts, blocked, missing, changed, stuck, exceptions, notChecked } = report;
  return [
    { title: "No version is left of:", lines: blocked.flatMap(blockedLines) },
    { title: "The registry does not have:", lines: missing.map(missingLine), count: counts["missing"] },
    {
      title: "The bytes are not those that were pinned of:",
      lines: changed.map(({ name, version }) => `${name}@${version}`),
      count: counts["changed"],
    },
    {
      title: "What would unblock it (entrepot request … asks for the same):",
      lines: exceptions.map(exceptionCommand),
      count: counts["exceptions"],
    },
    { title: "No exception helps with:", lines: stuck.map(({ what }) => what), count: counts["stuck"] },
    {
      title: "Not looked at:",
      lines: [
        ...notChecked.map(({ what, why }) => `${what}: ${why}`),
        ...(report.bundled === 0 ? [] : [`${report.bundled} bundled inside other packages`]),
        ...Object.entries(report.leftOut).map(([kind, count]) => `${count} from no registry (${kind})`),
      ],
    },
    { title: "Not understood:", lines: report.problems },
    {
      title: "Hosts that did not count as this registry; --host makes one count:",
      lines: report.hosts.flatMap(({ host, isChecked, entries }) =>
        isChecked ? [] : [`${host} (${entries})`],
      ),
    },
  ];
}

function section(io: CommandContext["io"], { title, lines, count }: Part): void {
  if (lines.length === 0) return;
  io.out(`\n${title}\n`);
  for (const line of lines.slice(0, LINES_MAX)) io.out(`  ${plainText(line)}\n`);
  const more = Math.max(count ?? 0, lines.length) - Math.min(lines.length, LINES_MAX);
  if (more > 0) io.out(`  and ${more} more\n`);
}

function blockedLines({
  name,
  range,
  path,
  candidates,
  isOptional,
}: PreflightReport["blocked"][number]): string[] {
  const asked = path.length === 0 ? "" : `, which ${path.join(" > ")} asks for`;
  const more = candidates.length - CANDIDATES_MAX;
  return [
    `${name}@${range}${asked}${isOptional ? " (optional)" : ""}`,
    ...candidates.slice(0, CANDIDATES_MAX).map(({ version, outcome, rule, until, reason }) => {
      const state = `${STATES[outcome] ?? outcome}${until === null ? "" : ` until ${until}`}`;
      return `- ${version} is ${state}: ${plainText(reason)} (rule ${rule})`;
    }),
    ...(more > 0 ? [`- and ${more} more`] : []),
  ];
}

function missingLine({ what, why, path, isOptional }: PreflightReport["missing"][number]): string {
  const asked = path.length === 0 ? "" : `, which ${path.join(" > ")} asks for`;
  return `${what}${asked}${isOptional ? " (optional)" : ""}: ${why}`;
}
