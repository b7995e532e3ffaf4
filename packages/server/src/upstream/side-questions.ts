import { isEntrepotError } from "@entrepot/core";
import { gunzipInBackground } from "../threads/index.ts";
import { readBody } from "./body.ts";
import type { UpstreamResponse } from "./client.ts";
import { invalid, unavailable } from "./upstream-errors.ts";
import type { Upstream } from "./upstream.ts";

/**
 * The upstream as it is asked about something beside packages: patience is shorter, and failures are counted apart, so
 * that one that cannot answer goes on to be asked for packages.
 */
export function asideOf(
  upstream: Upstream,
  { about, timeoutMsMax }: { about: string; timeoutMsMax: number },
): Upstream {
  const { id, name, url, settings } = upstream;
  return {
    id: `${id} ${about}`,
    name,
    url,
    // Where it cannot be opened, asking for it says so.
    get credential(): string | null {
      return upstream.credential;
    },
    settings: { ...settings, timeoutMs: Math.min(settings.timeoutMs, timeoutMsMax) },
  };
}

/** Lets the body of an answer that is none go unread and throws what it means. */
export function assertAnswers(upstream: Upstream, response: UpstreamResponse, about: string): void {
  const { status } = response;
  if (status === 200) return;
  response.discard();
  if (status === 404 || status === 405) throw invalid(upstream, `answers no ${about} (${status})`);
  if (status === 401 || status === 403) throw invalid(upstream, `refuses ${about} (${status})`);
  throw unavailable(upstream, `answers ${about} with ${status}`);
}

/** The body of an answer, out of gzip if it came so. Throws `upstream-invalid`, where it is too long, too. */
export async function readDecoded(
  upstream: Upstream,
  response: UpstreamResponse,
  { about, bytesMax }: { about: string; bytesMax: number },
): Promise<Uint8Array> {
  const body = await readBody(upstream, response, bytesMax);
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return body;
  if (encoding !== "gzip") throw invalid(upstream, `answers ${about} in an encoding that nobody asked for`);
  try {
    return await gunzipInBackground(body, bytesMax);
  } catch (error) {
    if (!isEntrepotError(error)) throw error;
    const why = isEntrepotError(error, "body-too-large")
      ? `sent more than the ${bytesMax} bytes that are taken`
      : `answers ${about} with gzip that is not whole`;
    throw invalid(upstream, why, error);
  }
}
