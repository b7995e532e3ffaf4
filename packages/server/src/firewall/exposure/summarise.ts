import type { Fetch } from "./find-exposure.ts";

/** How much somebody, or something, has to do with bad versions. Times are milliseconds since 1970. */
export interface ExposureSum {
  /** Name of a package, a person, a project or a credential. */
  name: string;
  /** `name@version`, each once. */
  versions: string[];
  /** Who fetched them, each once. */
  people: string[];
  count: number;
  firstAt: number;
  lastAt: number;
}

/** Fetches added up from every side. What is nobody's, such as fetches without a project, is left out there. */
export interface ExposureSummary {
  packages: ExposureSum[];
  people: ExposureSum[];
  projects: ExposureSum[];
  /** Ids of tokens, or `password of` somebody: what may have to be replaced. */
  credentials: ExposureSum[];
}

/** Adds fetches up, those with the most first. */
export function summarise(fetches: readonly Fetch[]): ExposureSummary {
  return {
    packages: sumsBy(fetches, ({ name }) => name),
    people: sumsBy(fetches, ({ principal }) => principal),
    projects: sumsBy(fetches, ({ project }) => project),
    credentials: sumsBy(fetches, credentialOf),
  };
}

function credentialOf({ credential, principal }: Fetch): string | null {
  const isShared = credential === "password" || credential === "session";
  return isShared ? `${credential} of ${principal}` : credential;
}

function sumsBy(fetches: readonly Fetch[], nameOf: (fetch: Fetch) => string | null): ExposureSum[] {
  const groups = new Map<string, Fetch[]>();
  for (const fetch of fetches) {
    const name = nameOf(fetch);
    if (name === null) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [fetch]);
    else group.push(fetch);
  }
  const sums = [...groups].map(([name, group]) => sumOf(name, group));
  return sums.sort((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1));
}

function sumOf(name: string, group: readonly Fetch[]): ExposureSum {
  return {
    name,
    versions: [...new Set(group.map((fetch) => `${fetch.name}@${fetch.version}`))].sort(),
    people: [...new Set(group.map(({ principal }) => principal))].sort(),
    count: group.reduce((sum, { count }) => sum + count, 0),
    firstAt: group.reduce((least, { firstAt }) => Math.min(least, firstAt), Infinity),
    lastAt: group.reduce((most, { lastAt }) => Math.max(most, lastAt), 0),
  };
}
