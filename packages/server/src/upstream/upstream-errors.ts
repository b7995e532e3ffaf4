import { EntrepotError } from "@entrepot/core";

import { PRIVATE_ADDRESS } from "./addresses.ts";
import type { Upstream } from "./upstream.ts";

type Named = Pick<Upstream, "name">;

/** When to come back, where nobody knows better. */
const RETRY_AFTER_SECONDS = 5;

/** The upstream does not answer, or answers that it cannot. `why` completes "The upstream … ". */
export function unavailable(
  upstream: Named,
  why: string,
  more: { retryAfterSeconds?: number; cause?: unknown } = {},
): EntrepotError {
  return new EntrepotError("upstream-unavailable", {
    message: `The upstream "${upstream.name}" ${why}.`,
    details: { upstream: upstream.name, retryAfterSeconds: more.retryAfterSeconds ?? RETRY_AFTER_SECONDS },
    ...(more.cause === undefined ? {} : { cause: more.cause }),
  });
}

/** The upstream answered something that cannot be taken. `why` completes "The upstream … ". */
export function invalid(upstream: Named, why: string, cause?: unknown): EntrepotError {
  return new EntrepotError("upstream-invalid", {
    message: `The upstream "${upstream.name}" ${why}.`,
    details: { upstream: upstream.name, retryAfterSeconds: RETRY_AFTER_SECONDS },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The refusal of an upstream that is an Entrepot too, passed on as ours. */
export function refused(upstream: Named, text: string): EntrepotError {
  return new EntrepotError("version-denied", {
    message: `The upstream "${upstream.name}" refuses it: ${text}`,
    details: { rule: "upstream", reason: text, until: null, upstream: upstream.name },
  });
}

function timedOut(upstream: Named, why: string, cause: unknown): EntrepotError {
  return new EntrepotError("upstream-timeout", {
    message: `The upstream "${upstream.name}" ${why}.`,
    details: { upstream: upstream.name, retryAfterSeconds: RETRY_AFTER_SECONDS },
    cause,
  });
}

/** The code of a thrown error or of the first of its causes that has one. */
export function codeOf(error: unknown): string | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return null;
}

const TIMEOUTS: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: "takes too long to connect",
  UND_ERR_HEADERS_TIMEOUT: "takes too long to answer",
  UND_ERR_BODY_TIMEOUT: "stopped in the middle of an answer",
  ETIMEDOUT: "takes too long to connect",
};

const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "refuses connections",
  ECONNRESET: "broke off the connection",
  EPIPE: "broke off the connection",
  UND_ERR_SOCKET: "broke off the connection",
  ENOTFOUND: "cannot be found: its host name is unknown",
  EAI_AGAIN: "cannot be found: the name service does not answer",
  EHOSTUNREACH: "cannot be reached",
  ENETUNREACH: "cannot be reached",
  UND_ERR_ABORTED: "cannot be reached through the proxy",
};

/** Makes the error that is thrown on from one of the HTTP client's or the system's, before an answer began. */
export function connectionError(upstream: Named, error: unknown): EntrepotError {
  if (error instanceof EntrepotError) return error;
  if (isDeadline(error)) return timedOut(upstream, "takes too long to answer", error);
  const code = codeOf(error) ?? "";
  const timeout = TIMEOUTS[code];
  if (timeout !== undefined) return timedOut(upstream, timeout, error);
  const failure = FAILURES[code];
  if (failure !== undefined) return unavailable(upstream, failure, { cause: error });
  if (/CERT|SSL|TLS/.test(code)) {
    return unavailable(upstream, `shows a certificate that cannot be trusted (${code})`, { cause: error });
  }
  if (code === PRIVATE_ADDRESS) {
    return invalid(upstream, "leads to a private address, which is not followed", error);
  }
  if (code.startsWith("HPE_")) return invalid(upstream, "does not speak HTTP", error);
  return unavailable(upstream, "cannot be reached", { cause: error });
}

/** The same for an answer that had begun: what broke off is not an answer. */
export function bodyError(upstream: Named, error: unknown): EntrepotError {
  if (error instanceof EntrepotError) return error;
  const asConnection = connectionError(upstream, error);
  return asConnection.code === "upstream-timeout"
    ? asConnection
    : invalid(upstream, "broke off its answer", error);
}

function isDeadline(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
