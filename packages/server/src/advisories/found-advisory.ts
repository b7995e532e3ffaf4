import type { Advisory, AffectedVersions } from "@entrepot/core";
import type { OpenEpoch } from "./current-epoch.ts";

/** An advisory with the packages it is about. */
export interface FoundAdvisory {
  advisory: Advisory;
  packages: { name: string; affected: AffectedVersions }[];
}

/** Advisories of an epoch with this id or alias. */
export function findIn(epoch: Pick<OpenEpoch, "namesOf" | "of"> | null, id: string): FoundAdvisory[] {
  const found = new Map<string, FoundAdvisory>();
  for (const name of epoch?.namesOf(id) ?? []) {
    for (const { affected, ...advisory } of epoch?.of(name) ?? []) {
      if (advisory.id !== id && !advisory.aliases.includes(id)) continue;
      const known = found.get(advisory.id) ?? { advisory, packages: [] };
      known.packages.push({ name, affected });
      found.set(advisory.id, known);
    }
  }
  return [...found.values()];
}
