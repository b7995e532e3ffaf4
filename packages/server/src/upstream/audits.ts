import { gzip } from "node:zlib";
import { promisify } from "node:util";

import { isEntrepotError } from "@entrepot/core";

import { gunzipInBackground } from "../threads/index.ts";
import { readForwardedAdvisories, type ForwardedAdvisory } from "./audit-answer.ts";
import { readBody } from "./body.ts";
import type { UpstreamClient, UpstreamResponse } from "./client.ts";
import { invalid, unavailable } from "./upstream-errors.ts";
import { DEFAULT_UPSTREAM_SETTINGS, type Upstream } from "./upstream.ts";

const BULK_PATH = "-/npm/v1/security/advisories/bulk";
/** Clients wait for it at the end of an installation. */
const TIMEOUT_MS_MAX = 10_000;
/** Of an answer, compressed as well as decoded. */
const ANSWER_BYTES_MAX = 4 * 1024 ** 2;
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
      const known = ofUpstreams.get(target.upstream) ?? forAudits(target.upstream);
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
      assertAnswered(upstream, response);
      return readForwardedAdvisories(upstream, await decoded(upstream, response), packages);
    },
  };
}

/** The upstream as audits see it: patience is shorter, and failures are counted apart. */
function forAudits(upstream: Upstream): Upstream {
  const { id, name, url, settings } = upstream;
  return {
    id: `${id} audits`,
    name,
    url,
    // Where it cannot be opened, asking for it says so.
    get credential(): string | null {
      return upstream.credential;
    },
    settings: { ...settings, timeoutMs: Math.min(settings.timeoutMs, TIMEOUT_MS_MAX) },
  };
}

function atUrl(url: string): Upstream {
  const settings = { ...DEFAULT_UPSTREAM_SETTINGS, timeoutMs: TIMEOUT_MS_MAX };
  return { id: `audits at ${url}`, name: url, url, credential: null, settings };
}

function assertAnswered(upstream: Upstream, response: UpstreamResponse): void {
  const { status } = response;
  if (status === 200) return;
  response.discard();
  if (status === 404 || status === 405) throw invalid(upstream, `answers no audits (${status})`);
  if (status === 401 || status === 403) throw invalid(upstream, `refuses audits (${status})`);
  throw unavailable(upstream, `answers audits with ${status}`);
}

async function decoded(upstream: Upstream, response: UpstreamResponse): Promise<Uint8Array> {
  const body = await readBody(upstream, response, ANSWER_BYTES_MAX);
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip") throw invalid(upstream, "answers audits in an encoding that nobody asked for");
  try {
    return await gunzipInBackground(body, ANSWER_BYTES_MAX);
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    const why = isEntrepotError(error, "body-too-large")
      ? `sent more than the ${ANSWER_BYTES_MAX} bytes that are taken`
      : "answers audits with gzip that is not whole";
    throw invalid(upstream, why, error);
  }
}
