import type { Generated } from "kysely";

/** What lists and searches show of packages: one row for each name in a registry, made from what is published or cached. */
interface PackageCardsTable {
  id: Generated<number>;
  registry_id: string;
  name: string;
  origin: "local" | "cached";
  /** What `latest` named when it was described; null before. */
  latest: string | null;
  description: string;
  /** JSON list. */
  keywords: string;
  publisher: string | null;
  /** JSON `[{name,email}]`. */
  maintainers: string;
  /** JSON of the links that a page may show. */
  links: string;
  licence: string | null;
  /** When its latest version was published. */
  updated_at: number;
  /** Tarballs that were served in the seven days before the last count. */
  downloads_week: Generated<number>;
  /** Counts how often it was marked as out of date. */
  marks: Generated<number>;
  /** Null while it waits to be described. */
  described_at: number | null;
}

/** Words by which packages are found. */
interface PackageWordsTable {
  card_id: number;
  /** Lower case; `<kind>:<text>` for what is looked for by kind, such as `maintainer:ada`. */
  word: string;
  /** How much it says about the package. */
  weight: number;
}

/** What the latest version of a package depends on, in any way but for its own development. */
interface PackageDependenciesTable {
  card_id: number;
  name: string;
}

/** How often tarballs were served, by day. No foreign keys: it is written about a second later. */
interface DownloadCountsTable {
  registry_id: string;
  name: string;
  version: string;
  /** Days since 1970, UTC. */
  day: number;
  count: number;
}

/** How many decisions of a kind there were, by hour. */
interface DecisionCountsTable {
  workspace_id: string;
  registry_id: string;
  /** Hours since 1970. */
  hour: number;
  outcome: "served" | "refused" | "withheld";
  /** Empty for what nothing was said against. */
  rule: string;
  count: number;
}

/** These tables by name. */
export interface BrowseTables {
  decision_counts: DecisionCountsTable;
  download_counts: DownloadCountsTable;
  package_cards: PackageCardsTable;
  package_dependencies: PackageDependenciesTable;
  package_words: PackageWordsTable;
}
