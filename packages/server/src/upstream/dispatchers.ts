import { readFile } from "node:fs/promises";
import type { LookupFunction } from "node:net";
import { rootCertificates } from "node:tls";

import type { Dispatcher } from "undici";

import { guardedLookup, resolvesToPrivate } from "./addresses.ts";
import { proxyFor, type ProxySettings } from "./proxies.ts";
import { unavailable } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

const CONNECT_MS_MAX = 10_000;
const AUDIT_CONNECTIONS_MAX = 8;
const KEEP_ALIVE_MS = 20_000;
const KEEP_ALIVE_MS_MAX = 60_000;

/** Documents, tarballs and what is asked beside them, such as audits, have connections of their own, so that none waits behind another. */
export type Lane = "document" | "tarball" | "audit";

export interface Dispatchers {
  /** What sends requests for `url` on behalf of the upstream. Throws `upstream-unavailable` if the CA file is unreadable. */
  for(upstream: Upstream, lane: Lane, url: URL): Promise<Dispatcher>;
  /** Breaks off what is under way and closes every connection. */
  close(): Promise<void>;
}

export interface DispatcherDeps {
  proxies: ProxySettings;
  connectionsMax: number;
}

type Undici = typeof import("undici");

/** Everything open for one upstream as it was configured at one time. */
interface Bundle {
  fingerprint: string;
  ca: string[] | null;
  /** Loaded with the first upstream that is asked: a server may run without any. */
  undici: Undici;
  /** By lane and proxy. */
  open: Map<string, Dispatcher>;
}

/** Keeps connections per upstream, direct or through a proxy, and replaces them when its settings change. */
export function createDispatchers(deps: DispatcherDeps): Dispatchers {
  const bundles = new Map<string, Promise<Bundle>>();
  const fingerprints = new WeakMap<Upstream, string>();
  const open = new Map<string, string>();
  const retired = new Set<Promise<Bundle>>();

  async function bundleOf(upstream: Upstream): Promise<Bundle> {
    const fingerprint = fingerprints.get(upstream) ?? fingerprintOf(upstream);
    fingerprints.set(upstream, fingerprint);
    const known = bundles.get(upstream.id);
    if (known !== undefined && open.get(upstream.id) === fingerprint) return known;
    if (known !== undefined) retire(known);
    const made = openBundle(upstream, fingerprint);
    bundles.set(upstream.id, made);
    open.set(upstream.id, fingerprint);
    try {
      return await made;
    } catch (error) {
      if (bundles.get(upstream.id) === made) bundles.delete(upstream.id);
      throw error;
    }
  }

  /** Requests that are under way on a former configuration end in peace. */
  function retire(bundle: Promise<Bundle>): void {
    retired.add(bundle);
    void bundle.then(closeBundle, () => undefined).finally(() => retired.delete(bundle));
  }

  return {
    async for(upstream, lane, url) {
      const bundle = await bundleOf(upstream);
      const proxy = proxyFor(deps.proxies, url);
      const key = `${lane} ${proxy ?? ""}`;
      const known = bundle.open.get(key);
      if (known !== undefined) return known;
      const connections = connectionsOf(lane, deps.connectionsMax);
      const opened = openDispatcher(upstream, { ...bundle, proxy, connections });
      bundle.open.set(key, opened);
      return opened;
    },
    async close() {
      const open = [...bundles.values(), ...retired];
      bundles.clear();
      await Promise.all(open.map((bundle) => bundle.then(destroyBundle, () => undefined)));
    },
  };
}

/** Connections serve as long as this stays the same. */
function fingerprintOf({ url, settings: { timeoutMs, caFile } }: Upstream): string {
  return JSON.stringify([url, timeoutMs, caFile]);
}

function connectionsOf(lane: Lane, connectionsMax: number): number {
  if (lane === "audit") return Math.min(AUDIT_CONNECTIONS_MAX, connectionsMax);
  const documents = Math.max(1, Math.floor(connectionsMax / 2));
  return lane === "document" ? documents : Math.max(1, connectionsMax - documents);
}

async function openBundle(upstream: Upstream, fingerprint: string): Promise<Bundle> {
  const undici = await import("undici");
  return { fingerprint, undici, ca: await authoritiesOf(upstream), open: new Map() };
}

async function authoritiesOf(upstream: Upstream): Promise<string[] | null> {
  const { caFile } = upstream.settings;
  if (caFile === null) return null;
  try {
    return [...rootCertificates, await readFile(caFile, "utf8")];
  } catch (cause) {
    throw unavailable(upstream, "has a CA file that cannot be read", { cause });
  }
}

async function closeBundle({ open }: Bundle): Promise<void> {
  await Promise.all([...open.values()].map((dispatcher) => dispatcher.close()));
}

async function destroyBundle({ open }: Bundle): Promise<void> {
  await Promise.all([...open.values()].map((dispatcher) => dispatcher.destroy()));
}

interface Opening {
  proxy: string | null;
  connections: number;
  ca: string[] | null;
  undici: Undici;
}

function openDispatcher(upstream: Upstream, { proxy, connections, ca, undici }: Opening): Dispatcher {
  const { Agent, Pool, ProxyAgent } = undici;
  const { timeoutMs } = upstream.settings;
  const own = new URL(upstream.url).hostname;
  const pool = {
    connections,
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS_MAX,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  };
  const tls = ca === null ? {} : { ca };
  const timeout = Math.min(timeoutMs, CONNECT_MS_MAX);
  if (proxy === null) {
    const lookup: LookupFunction = guardedLookup(own, () => resolvesToPrivate(own));
    return new Agent({ ...pool, connect: { ...tls, timeout, lookup } });
  }
  return new ProxyAgent({
    ...pool,
    uri: proxy,
    // Many proxies take CONNECT to port 443 only; plain http goes to them as absolute-form requests.
    proxyTunnel: false,
    requestTls: { ...tls, timeout },
    proxyTls: { ...tls, timeout },
    factory: (origin, options) => new Pool(origin, { ...(options as object), ...pool }),
    clientFactory: (origin, options) => new Pool(origin, { ...(options as object), headersTimeout: timeout }),
  });
}
