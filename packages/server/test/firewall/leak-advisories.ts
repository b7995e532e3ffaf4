import { parseOsvRecord, type PackageAdvisory } from "@entrepot/core";
import { createFakeFeed, makeAdvisory, type FakeFeed, type FakeRecord } from "@entrepot/testkit";

/** What feeds say of a world's package. */
export interface WorldAdvisory {
  /** Null: all versions. */
  versions: readonly string[] | null;
  kind: "vulnerability" | "malware";
  /** Null: it is not said. */
  severity: "low" | "high" | "critical" | null;
  /** Told by a second feed as well, under an id of its own. */
  isTwice: boolean;
  isWithdrawn: boolean;
}

interface Told {
  name: string;
  advisories: readonly WorldAdvisory[];
}

/** Two feeds and what the configuration says of them. */
export interface WorldFeeds {
  /** Text of entrepot.yaml. */
  file: string;
  close(): Promise<void>;
}

const FEEDS = ["first", "second"] as const;
const PUBLISHED = "2026-11-01T00:00:00Z";
const WITHDRAWN = "2026-11-10T00:00:00Z";
const MALICIOUS_CODE = "CWE-506";

/** Starts the feeds, with everything that is to be known of all worlds. */
export async function startFeeds(worlds: readonly Told[]): Promise<WorldFeeds> {
  const feeds = await Promise.all(FEEDS.map(() => createFakeFeed()));
  feeds.forEach((feed, index) => feed.put(...worlds.flatMap((world) => recordsIn(world, index))));
  return {
    file: fileOf(feeds),
    close: async () => void (await Promise.all(feeds.map((feed) => feed.close()))),
  };
}

/** What is known of a world's package, in core's own form. */
export function knownOf(world: Told): PackageAdvisory[] {
  return FEEDS.flatMap((feed, index) =>
    recordsIn(world, index).map((record) => {
      const parsed = parseOsvRecord(makeAdvisory(record), feed);
      if ("problem" in parsed) throw new Error(parsed.problem);
      const affected = parsed.packages.get(world.name);
      if (affected === undefined) throw new Error(`${record.id} is not about ${world.name}.`);
      return { ...parsed.advisory, affected };
    }),
  );
}

function fileOf(feeds: readonly FakeFeed[]): string {
  const lines = feeds.flatMap(({ url }, index) => [
    `    - name: ${FEEDS[index]}`,
    "      kind: osv",
    `      url: ${url}`,
  ]);
  return ["advisories:", "  feeds:", ...lines, ""].join("\n");
}

function recordsIn({ name, advisories }: Told, feed: number): FakeRecord[] {
  return advisories
    .map((advisory, index) => ({ advisory, id: `${FEEDS[feed]?.toUpperCase()}-${name}-${index}` }))
    .filter(({ advisory }) => feed === 0 || advisory.isTwice)
    .map(({ advisory: { versions, kind, severity, isWithdrawn }, id }) => ({
      id,
      affects: { [name]: versions },
      ...(isWithdrawn ? { withdrawn: WITHDRAWN } : {}),
      // Said by both of a pair, so that they count as one issue.
      aliases: [`CVE-2026-${id.replace(/^[A-Z]+-/, "")}`],
      members: {
        published: PUBLISHED,
        database_specific: {
          ...(severity === null ? {} : { severity: severity.toUpperCase() }),
          ...(kind === "malware" ? { cwe_ids: [MALICIOUS_CODE] } : {}),
        },
      },
    }));
}
