import { isEntrepotError } from "@entrepot/core";
import type { ChangeKind, ChangeLog } from "../../changes/index.ts";
import type { Log } from "../../telemetry/index.ts";
import type { ThreadPool } from "../../threads/index.ts";
import type { Registry } from "../registry.ts";
import type { Registries } from "../registries.ts";
import { cardContent, type CardContentDeps } from "./card-content.ts";
import { markCards, skipCard, waitingCards, writeCard, type WaitingCard } from "./card-rows.ts";

/** Changes after which a card of a package of our own is out of date. */
const TOUCHING: ReadonlySet<ChangeKind> = new Set<ChangeKind>([
  "version-published",
  "version-overwritten",
  "version-removed",
  "package-removed",
  "package-changed",
  "tag-set",
  "tag-removed",
]);
/** Cards of upstreams' packages wait for as long, so that an installation has its processor for itself. */
const LOOK_MS = 5_000;
const CARDS_PER_LOOK = 100;
/** How many a request describes that wants to see what was just written. */
const CARDS_PER_REQUEST = 50;

export interface CatalogueDeps extends CardContentDeps {
  changes: Pick<ChangeLog, "subscribe" | "refresh">;
  registries: Registries;
  threads: Pick<ThreadPool, "run" | "waiting">;
  log: Pick<Log, "warn">;
}

/** Keeps the cards from which packages are listed and found. Whatever it does, it does behind the answers. */
export interface Catalogue {
  /** Takes in what was published before the call; of very much only some. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the catalogue of one workspace. */
export function createCatalogue(deps: CatalogueDeps): Catalogue {
  let touched = new Map<string, TouchedPackage>();
  let running: Promise<void> = Promise.resolve();
  const stopping = new AbortController();
  const unsubscribe = deps.changes.subscribe((batch) => {
    for (const { kind, registryId, packageName } of batch) {
      if (registryId === null || packageName === null || !TOUCHING.has(kind)) continue;
      touched.set(`${registryId}\n${packageName}`, { registryId, name: packageName });
    }
  });

  function inTurn(limit: number, isPatient: boolean): Promise<void> {
    running = running.then(async () => {
      const taken = touched;
      touched = new Map();
      try {
        if (stopping.signal.aborted) return;
        await mark(deps, [...taken.values()]);
        await describeSome(deps, { limit, isPatient, signal: stopping.signal });
      } catch (error) {
        touched = new Map([...taken, ...touched]);
        deps.log.warn("packages not described", { error });
      }
    });
    return running;
  }

  const timer = setInterval(() => void inTurn(CARDS_PER_LOOK, true), LOOK_MS).unref();
  return {
    async refresh() {
      await deps.changes.refresh();
      await (touched.size > 0 ? inTurn(CARDS_PER_REQUEST, false) : running);
    },
    async close() {
      stopping.abort();
      clearInterval(timer);
      unsubscribe();
      await running;
    },
  };
}

interface TouchedPackage {
  registryId: string;
  name: string;
}

async function mark(
  { db, registries, now }: CatalogueDeps,
  touched: readonly TouchedPackage[],
): Promise<void> {
  if (touched.length === 0) return;
  const { byId } = await registries.snapshot();
  const own = touched.filter(({ registryId }) => byId.has(registryId));
  const cards = own.map(({ registryId, name }) => ({
    registry_id: registryId,
    name,
    origin: "local" as const,
    updated_at: now(),
  }));
  await db.write((trx) => markCards(trx, cards));
}

/** One who is patient leaves the threads to others when these have work for them. */
async function describeSome(
  deps: CatalogueDeps,
  { limit, isPatient, signal }: { limit: number; isPatient: boolean; signal: AbortSignal },
): Promise<void> {
  const { byId } = await deps.registries.snapshot();
  for (const card of await waitingCards(deps.db, { registryIds: [...byId.keys()], limit })) {
    const registry = byId.get(card.registry_id);
    if (registry === undefined || signal.aborted || (isPatient && deps.threads.waiting > 0)) return;
    await describe(deps, registry, card);
  }
}

// One package that cannot be described keeps none of those behind it waiting.
async function describe(deps: CatalogueDeps, registry: Registry, card: WaitingCard): Promise<void> {
  try {
    const content = await cardContent(deps, registry, card.name);
    await deps.db.write((trx) => writeCard(trx, card, { content, now: deps.now() }));
  } catch (error) {
    // That passes, and concerns every card.
    if (isEntrepotError(error, "storage-unavailable") || isEntrepotError(error, "overloaded")) throw error;
    deps.log.warn("package not described", { error, registry: registry.name, packageName: card.name });
    await deps.db.write((trx) => skipCard(trx, card, deps.now()));
  }
}
