import { SEVERITIES, type Advisory } from "./advisory.ts";

/**
 * Advisories that are about one issue, joined through their ids and aliases, also by way of a third one. In a
 * group the one to show comes first: malware before others, a severity by score before one by word before
 * none, the worse before the less bad, GitHub's before others. Groups come in the order of the list.
 */
export function aliasGroups<T extends Advisory>(list: readonly T[]): T[][] {
  const joined = new Joined();
  for (const { id, aliases } of list) {
    for (const alias of aliases) joined.join(id, alias);
  }
  const groups = new Map<string, T[]>();
  for (const advisory of list) {
    const root = joined.rootOf(advisory.id);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [advisory]);
    else group.push(advisory);
  }
  return Array.from(groups.values(), (group) => group.sort(compareForShow));
}

/** Names that mean the same, as trees; the root of a tree stands for all of them. */
class Joined {
  readonly #parents = new Map<string, string>();

  rootOf(name: string): string {
    let root = name;
    for (let up = this.#parents.get(root); up !== undefined; up = this.#parents.get(root)) root = up;
    // Names point to their root from now on, so that long chains are walked once.
    for (let at = name; at !== root;) {
      const up = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = up;
    }
    return root;
  }

  join(a: string, b: string): void {
    const rootA = this.rootOf(a);
    const rootB = this.rootOf(b);
    if (rootA !== rootB) this.#parents.set(rootB, rootA);
  }
}

function compareForShow(a: Advisory, b: Advisory): number {
  return (
    Number(b.kind === "malware") - Number(a.kind === "malware") ||
    precisionOf(b) - precisionOf(a) ||
    rankOf(b) - rankOf(a) ||
    Number(b.id.startsWith("GHSA-")) - Number(a.id.startsWith("GHSA-")) ||
    compareTexts(a.id, b.id)
  );
}

function precisionOf({ score, severity }: Advisory): number {
  if (score !== null) return 2;
  return severity === null ? 0 : 1;
}

function rankOf({ severity }: Advisory): number {
  return severity === null ? -1 : SEVERITIES.indexOf(severity);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
