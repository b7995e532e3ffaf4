import { readBody } from "./body.ts";
import type { UpstreamClient } from "./client.ts";
import { asideOf } from "./side-questions.ts";
import { invalid, unavailable } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

const KEYS_PATH = "-/npm/v1/keys";
const ATTESTATIONS_PATH = "-/npm/v1/attestations/";
const TIMEOUT_MS_MAX = 10_000;
const KEYS_BYTES_MAX = 256 * 1024;
const ATTESTATIONS_BYTES_MAX = 2 * 1024 ** 2;

/** Asks upstreams for what proves where their packages come from. */
export interface OriginProofs {
  /**
   * The answer about a version's attestations, as it came; null if the upstream has none. Throws
   * `upstream-unavailable`, `upstream-timeout` and `upstream-invalid`.
   *
   * @param of.version in the upstream's own spelling
   */
  attestations(upstream: Upstream, of: { name: string; version: string }): Promise<Uint8Array | null>;
  /** The answer about the keys by which it signs, as it came; null if it does not sign. Throws like the other. */
  keys(upstream: Upstream): Promise<Uint8Array | null>;
}

/** Makes what asks. Its failures are its own: packages go on to be asked for. */
export function createOriginProofs(client: Pick<UpstreamClient, "get">): OriginProofs {
  const known = new WeakMap<Upstream, Upstream>();

  async function get(
    upstream: Upstream,
    { path, bytesMax }: { path: string; bytesMax: number },
  ): Promise<Uint8Array | null> {
    const asked = known.get(upstream) ?? asideOf(upstream, { about: "proofs", timeoutMsMax: TIMEOUT_MS_MAX });
    known.set(upstream, asked);
    const response = await client.get(asked, {
      url: new URL(`${upstream.url}${path}`),
      lane: "audit",
      headers: { "accept": "application/json", "accept-encoding": "identity" },
    });
    const { status } = response;
    if (status === 200) return await readBody(asked, response, bytesMax);
    response.discard();
    // What registries answer that have no such thing.
    if (status === 404 || status === 400 || status === 405) return null;
    if (status === 401 || status === 403) throw invalid(asked, `refuses to tell of signatures (${status})`);
    throw unavailable(asked, `answers with ${status}`);
  }

  return {
    attestations: (upstream, { name, version }) =>
      get(upstream, {
        path: `${ATTESTATIONS_PATH}${pathOf(name)}@${encodeURIComponent(version)}`,
        bytesMax: ATTESTATIONS_BYTES_MAX,
      }),
    keys: (upstream) => get(upstream, { path: KEYS_PATH, bytesMax: KEYS_BYTES_MAX }),
  };
}

function pathOf(name: string): string {
  return name.startsWith("@") ? `@${encodeURIComponent(name.slice(1))}` : encodeURIComponent(name);
}
