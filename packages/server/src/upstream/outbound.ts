import { createUpstreamClient, type ClientDeps, type UpstreamClient } from "./client.ts";
import { createDispatchers } from "./dispatchers.ts";
import type { ProxySettings } from "./proxies.ts";

export interface OutboundDeps extends Pick<ClientDeps, "now" | "self" | "metrics"> {
  proxies: ProxySettings;
}

/** Requests to servers elsewhere that are no registries, under the rules that hold for upstreams. */
export interface Outbound extends Pick<UpstreamClient, "get"> {
  /** Breaks off what is under way and closes every connection. */
  close(): Promise<void>;
}

/** To one server. */
const CONNECTIONS_MAX = 16;
const QUEUE_MAX = 1000;

/** Opens a way out of its own, so that it neither waits for registries nor keeps them waiting. */
export function createOutbound({ proxies, ...deps }: OutboundDeps): Outbound {
  const dispatchers = createDispatchers({ proxies, connectionsMax: CONNECTIONS_MAX });
  const client = createUpstreamClient({ ...deps, dispatchers, queueMax: QUEUE_MAX });
  return { get: client.get, close: () => dispatchers.close() };
}
