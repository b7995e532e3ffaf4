import type { Database } from "../../db/index.ts";

/** How many versions of a package are told apart. */
const VERSIONS_MAX = 50;

/** How often a package was served. Days count from 1970, in UTC. */
export interface Downloads {
  /** Days on which nothing was served are not among them. */
  days: { day: number; count: number }[];
  total: number;
  /** The most wanted first; of very many only some. */
  versions: { version: string; count: number }[];
}

/** A package, or one version of it, from a day on to another, both included. */
export interface DownloadQuestion {
  registryId: string;
  name: string;
  version: string | null;
  from: number;
  to: number;
}

/** Reads how often a package was served. */
export async function readDownloads(
  { read }: Pick<Database, "read">,
  { registryId, name, version, from, to }: DownloadQuestion,
): Promise<Downloads> {
  let counts = read
    .selectFrom("download_counts")
    .where("registry_id", "=", registryId)
    .where("name", "=", name)
    .where("day", ">=", from)
    .where("day", "<=", to);
  if (version !== null) counts = counts.where("version", "=", version);
  const byDay = await counts
    .select(["day", (eb) => eb.fn.sum<number | string>("count").as("sum")])
    .groupBy("day")
    .orderBy("day")
    .execute();
  const byVersion = await counts
    .select(["version", (eb) => eb.fn.sum<number | string>("count").as("sum")])
    .groupBy("version")
    .orderBy("sum", "desc")
    .orderBy("version")
    .limit(VERSIONS_MAX)
    .execute();
  const days = byDay.map(({ day, sum }) => ({ day, count: Number(sum) }));
  return {
    days,
    total: days.reduce((total, { count }) => total + count, 0),
    versions: byVersion.map((row) => ({ version: row.version, count: Number(row.sum) })),
  };
}

/** How often packages were served from a day on, by registry and name: `<registry id>\n<name>`. */
export async function downloadsOf(
  { read }: Pick<Database, "read">,
  packages: readonly { registryId: string; name: string }[],
  from: number,
): Promise<Map<string, number>> {
  if (packages.length === 0) return new Map();
  const rows = await read
    .selectFrom("download_counts")
    .select(["registry_id", "name", (eb) => eb.fn.sum<number | string>("count").as("sum")])
    .where("registry_id", "in", [...new Set(packages.map(({ registryId }) => registryId))])
    .where("name", "in", [...new Set(packages.map(({ name }) => name))])
    .where("day", ">=", from)
    .groupBy(["registry_id", "name"])
    .execute();
  return new Map(rows.map((row) => [`${row.registry_id}\n${row.name}`, Number(row.sum)]));
}
