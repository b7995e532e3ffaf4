import { isJsonObject } from "@entrepot/core";
import type { Database } from "../db/index.ts";
import type { SigningKey } from "../threads/index.ts";
import type { Upstream, Upstreams } from "../upstream/index.ts";
import type { Registry } from "./registry.ts";
import type { TrustRoot } from "./trust-root.ts";

const FRESH_MS = 3_600_000;
/** After a failure the keys that are known are given out for so long before the upstream is asked again. */
const RETRY_MS = 60_000;
const KEYS_MAX = 64;
/** Of one upstream, those that it shows no longer among them. */
const KEPT_MAX = 256;
const KEY_CHARS_MAX = 1000;

export interface SigningKeysDeps {
  db: Database;
  upstreams: Pick<Upstreams, "proofs">;
  trustRoot: () => Promise<Pick<TrustRoot, "registryKeys">>;
  now: () => number;
}

/** Keys by which upstreams sign what they publish. */
export interface SigningKeys {
  /**
   * Those of one upstream, within the hour; one that it shows no longer stays, for it is good for what it signed.
   * While the upstream fails, those known from before. Throws upstream errors where nothing is known.
   */
  of(upstream: Upstream): Promise<readonly SigningKey[]>;
  /**
   * Those of the trust root that an upstream of the registry shows, and those of all its upstreams, each id once. An
   * upstream that fails takes nothing away; throws like `of` where no other has any.
   */
  merged(registry: Registry): Promise<readonly SigningKey[]>;
}

interface Known {
  url: string;
  keys: Promise<readonly SigningKey[]>;
  until: number;
}

/** Makes the look-up, with what was asked for kept in the database. */
export function createSigningKeys(deps: SigningKeysDeps): SigningKeys {
  const known = new Map<string, Known>();

  function keysOf(upstream: Upstream): Promise<readonly SigningKey[]> {
    const found = known.get(upstream.id);
    if (found?.url === upstream.url && deps.now() < found.until) return found.keys;
    const entry: Known = {
      url: upstream.url,
      keys: ask(upstream, (until) => (entry.until = until)),
      until: deps.now() + FRESH_MS,
    };
    known.set(upstream.id, entry);
    entry.keys.catch(() => known.delete(upstream.id));
    return entry.keys;
  }

  async function ask(upstream: Upstream, setUntil: (until: number) => void): Promise<readonly SigningKey[]> {
    try {
      const answer = await deps.upstreams.proofs.keys(upstream);
      if (answer !== null) await store(deps, upstream, readKeys(answer));
    } catch (error) {
      const stored = await load(deps, upstream);
      if (stored.length === 0) throw error;
      setUntil(deps.now() + RETRY_MS);
      return stored;
    }
    return await load(deps, upstream);
  }

  return {
    of: keysOf,
    async merged(registry) {
      const asked = await Promise.allSettled(registry.upstreams.map(keysOf));
      const lists = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
      const failure = asked.find((each) => each.status === "rejected");
      if (lists.flat().length === 0 && failure !== undefined) throw failure.reason;
      const { registryKeys } = await deps.trustRoot();
      const own = new Map(registryKeys.map((key) => [key.keyid, key]));
      // Where two mean other keys by one id, the trust root is believed, then the first one asked for packages.
      const byId = new Map<string, SigningKey>();
      for (const key of lists.flat()) {
        if (!byId.has(key.keyid)) byId.set(key.keyid, own.get(key.keyid) ?? key);
      }
      return [...byId.values()];
    },
  };
}

/** The keys of an answer; those that are none are left out. */
function readKeys(answer: Uint8Array): SigningKey[] {
  const { keys } = objectIn(Buffer.from(answer).toString("utf8"));
  if (!Array.isArray(keys)) return [];
  return (keys as unknown[]).slice(0, KEYS_MAX).flatMap((item) => {
    const { keyid, keytype, scheme, key, expires } = isJsonObject(item) ? item : {};
    if (!isText(keyid) || !isText(key) || !isText(keytype) || !isText(scheme)) return [];
    const end = typeof expires === "string" ? Date.parse(expires) : Number.NaN;
    return [{ keyid, keytype, scheme, key, expires: Number.isNaN(end) ? null : new Date(end).toISOString() }];
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= KEY_CHARS_MAX;
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

async function load(
  { db }: Pick<SigningKeysDeps, "db">,
  { id, url }: Pick<Upstream, "id" | "url">,
): Promise<readonly SigningKey[]> {
  return await db.read
    .selectFrom("signing_keys")
    .select(["keyid", "keytype", "scheme", "key", "expires"])
    .where("upstream_id", "=", id)
    .where("upstream_url", "=", url)
    .orderBy("seen_at")
    .orderBy("keyid")
    .limit(KEPT_MAX)
    .execute();
}

// What a key is never changes; only its end is told later.
async function store(
  { db, now }: SigningKeysDeps,
  { id, url }: Pick<Upstream, "id" | "url">,
  keys: readonly SigningKey[],
): Promise<void> {
  const known = new Map((await load({ db }, { id, url })).map((key) => [key.keyid, key]));
  const room = KEPT_MAX - known.size;
  const fresh = keys.filter(({ keyid, key, expires }) => {
    const before = known.get(keyid);
    return before === undefined || (before.key === key && before.expires !== expires);
  });
  const stored = fresh.filter(({ keyid }, at) => known.has(keyid) || at < room);
  if (stored.length === 0) return;
  const seenAt = now();
  await db.write(async (trx) => {
    for (const key of stored) {
      await trx
        .insertInto("signing_keys")
        .values({ upstream_id: id, upstream_url: url, ...key, seen_at: seenAt })
        .onConflict((conflict) =>
          conflict.columns(["upstream_id", "upstream_url", "keyid"]).doUpdateSet({ expires: key.expires }),
        )
        .execute();
    }
  });
}
