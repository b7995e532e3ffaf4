import { coversName, EntrepotError, parseNamePattern } from "@entrepot/core";
import type { Upstream } from "../upstream/index.ts";
import { compileClaims } from "./claims.ts";
import type { Registry } from "./registry.ts";
import { writeRegistry, type RegistryActor, type RegistryWriteDeps } from "./registry-write.ts";

/** Names that a registry asks an upstream for. No patterns: all; any to allow: only those; what blocks wins. */
export interface NameFilter {
  readonly allow: readonly string[];
  readonly block: readonly string[];
}

/** A filter that can be asked. */
export interface UpstreamFilter extends NameFilter {
  /** Says what keeps a name from being asked for, as the end of a sentence; null when nothing does. */
  refusal(name: string): string | null;
}

const PATTERNS_MAX = 1000;
const SHOWN_MAX = 5;

/** Makes a filter out of its patterns, which were checked when they were set. */
export function compileFilter({ allow, block }: NameFilter): UpstreamFilter {
  const isAllowed = allow.length === 0 ? () => true : compileClaims(allow);
  const blocks = compileClaims(block);
  return {
    allow,
    block,
    refusal(name) {
      if (blocks(name)) return `its filter blocks ${shown(block.filter((one) => coversName(one, name)))}`;
      return isAllowed(name) ? null : `its filter allows only ${shown(allow)}`;
    },
  };
}

function shown(patterns: readonly string[]): string {
  const more = patterns.length - SHOWN_MAX;
  return `${patterns.slice(0, SHOWN_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The upstreams that a registry asks for a name, in their order: those whose filter lets the name pass. */
export function upstreamsFor(
  { upstreams, filters }: Pick<Registry, "upstreams" | "filters">,
  name: string,
): readonly Upstream[] {
  if (filters.size === 0) return upstreams;
  return upstreams.filter(({ id }) => (filters.get(id)?.refusal(name) ?? null) === null);
}

/**
 * Tells whether somebody may hear of a name that a registry's clients use: an upstream what its own filter lets pass,
 * anybody else what at least one upstream is asked for.
 */
export function mayHearOf(
  registry: Pick<Registry, "upstreams" | "filters">,
  who: { readonly upstream: Upstream } | { readonly url: string },
  name: string,
): boolean {
  if ("upstream" in who) return (registry.filters.get(who.upstream.id)?.refusal(name) ?? null) === null;
  return registry.upstreams.length === 0 || upstreamsFor(registry, name).length > 0;
}

/** Why a registry asks none of its upstreams for a name, though it has some; null when it asks one. */
export function filteredText(
  registry: Pick<Registry, "name" | "upstreams" | "filters">,
  name: string,
): string | null {
  if (registry.upstreams.length === 0 || upstreamsFor(registry, name).length > 0) return null;
  const reasons = registry.upstreams.map(
    (upstream) => `"${upstream.name}": ${registry.filters.get(upstream.id)?.refusal(name) ?? ""}`,
  );
  return `The registry "${registry.name}" does not ask for "${name}" at its upstream ${reasons.join("; ")}.`;
}

/**
 * Sets for which names a registry asks one of its upstreams. Throws `name-invalid` for a bad pattern and `not-found` for
 * an upstream that it does not ask.
 */
export async function setUpstreamFilter(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  input: { name: string; upstream: string; filter: NameFilter },
): Promise<void> {
  const filter = checked(input.filter);
  await writeRegistry(deps, { by, name: input.name }, async ({ trx, row }) => {
    const link = await trx
      .selectFrom("registry_upstreams")
      .innerJoin("upstreams", "upstreams.id", "registry_upstreams.upstream_id")
      .select(["registry_upstreams.upstream_id as id", "registry_upstreams.filter as filter"])
      .where("registry_upstreams.registry_id", "=", row.id)
      .where("upstreams.name", "=", input.upstream)
      .executeTakeFirst();
    if (link === undefined) {
      throw new EntrepotError("not-found", {
        message: `The registry "${row.name}" does not ask an upstream "${input.upstream}"; attach it first.`,
      });
    }
    const text = filter.allow.length + filter.block.length === 0 ? null : JSON.stringify(filter);
    if (text === link.filter) return null;
    await trx
      .updateTable("registry_upstreams")
      .set({ filter: text })
      .where("registry_id", "=", row.id)
      .where("upstream_id", "=", link.id)
      .execute();
    return { filtered: input.upstream, allow: filter.allow, block: filter.block };
  });
}

function checked({ allow, block }: NameFilter): NameFilter {
  for (const patterns of [allow, block]) {
    if (patterns.length > PATTERNS_MAX) {
      throw new EntrepotError("request-invalid", {
        message: `A filter has at most ${PATTERNS_MAX} patterns of a kind; use scopes.`,
      });
    }
    for (const pattern of patterns) parseNamePattern(pattern);
  }
  return { allow: [...new Set(allow)], block: [...new Set(block)] };
}
