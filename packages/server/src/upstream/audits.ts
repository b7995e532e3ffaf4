import { gzip } from "node:zlib";
import { promisify } from "node:util";

import { readForwardedAdvisories, type ForwardedAdvisory } from "./audit-answer.ts";
import type { UpstreamClient } from "./client.ts";
import { asideOf, assertAnswers, readDecoded } from "./side-questions.ts";
import { DEFAULT_UPSTREAM_SETTINGS, type Upstream } from "./upstream.ts";

const BULK_PATH = "-/npm/v1/security/advisories/bulk";
/** Clients wait for it at the end of an installation. */
const TIMEOUT_MS_MAX = 10_000;
/** Of an answer, compressed as well as decoded. */
const ANSWER = { about: "audits", bytesMax: 4 * 1024 ** 2 } as const;
/** URLs whose connections are kept apart; settings name a handful. */
const URLS_MAX = 100;

const compress = promisify(gzip);

/** Who is asked: one of the registry's upstreams, with its credential, or a registry by its URL, with none. */
export type AuditTarget = { readonly upstream: Upstream } | { readonly url: string };

/** Versions by the name of their package. */
export type AuditedPackages = ReadonlyMap<string, readonly string[]>;

/** Asks other registries about advisories. */
export interface AuditForwarder {
  /**
   * What the target says of these packages, by name; of no others. Throws `upstream-unavailable`, `upstream-timeout`
   * and `upstream-invalid`.
   */
  ask(target: AuditTarget, packages: AuditedPackages): Promise<Map<string, readonly ForwardedAdvisory[]>>;
}

/**
 * Makes the forwarder. It sends the names and versions and nothing else. Its failures are its own: an upstream that
 * cannot answer audits goes on to be asked for packages.
 */
export function createAuditForwarder(client: Pick<UpstreamClient, "post">): AuditForwarder {
  const ofUpstreams = new WeakMap<Upstream, Upstream>();
  const ofUrls = new Map<string, Upstream>();

  function addressee(target: AuditTarget): Upstream {
    if ("upstream" in target) {
      const known =
        ofUpstreams.get(target.upstream) ??
        asideOf(target.upstream, { about: "audits", timeoutMsMax: TIMEOUT_MS_MAX });
      ofUpstreams.set(target.upstream, known);
      return known;
    }
    const known = ofUrls.get(target.url) ?? atUrl(target.url);
    if (ofUrls.size >= URLS_MAX) ofUrls.clear();
    ofUrls.set(target.url, known);
    return known;
  }

  return {
    async ask(target, packages) {
      const upstream = addressee(target);
      const body = await compress(JSON.stringify(Object.fromEntries(packages)));
      const response = await client.post(upstream, {
        url: new URL(`${upstream.url}${BULK_PATH}`),
        lane: "audit",
        headers: {
          "accept": "application/json",
          "accept-encoding": "gzip",
          "content-type": "application/json",
          "content-encoding": "gzip",
        },
        body,
      });
      assertAnswers(upstream, response, "audits");
      return readForwardedAdvisories(upstream, await readDecoded(upstream, response, ANSWER), packages);
    },
  };
}

function atUrl(url: string): Upstream {
  const settings = { ...DEFAULT_UPSTREAM_SETTINGS, timeoutMs: TIMEOUT_MS_MAX };
  return { id: `audits at ${url}`, name: url, url, credential: null, settings };
}
