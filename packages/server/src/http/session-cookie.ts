import type { IncomingMessage } from "node:http";
import { EntrepotError } from "@entrepot/core";
import { isSameSecret, SESSION_MS_MAX, sessionEnded, type OwnSession } from "../identity/index.ts";
import type { HttpDeps } from "./context.ts";

const NAME = "entrepot-session";
/** With this beginning browsers take a cookie only from this very host and by https, and for all of its paths. */
const SECURE_NAME = `__Host-${NAME}`;
const CSRF_HEADER = "x-entrepot-csrf";
const SECRET_PATTERN = /^[A-Za-z0-9_-]{43}$/;

type Carrier = Pick<IncomingMessage, "headers">;

/**
 * The secret in the session's cookie; null when the request has no such cookie. The one that only this host can set comes
 * before the other. Throws credential-invalid for two of one name: another host of the domain may have set either.
 */
function sessionSecretOf({ headers }: Carrier): string | null {
  const pairs = (headers.cookie ?? "")
    .split(";")
    .map((pair) => pair.split("=", 2).map((part) => part.trim()));
  const of = (wanted: string): string[] =>
    pairs.flatMap(([name, value = ""]) => (name === wanted ? [value] : []));
  const [secure, plain] = [of(SECURE_NAME), of(NAME)];
  if (secure.length <= 1 && plain.length <= 1) return secure[0] ?? plain[0] ?? null;
  throw new EntrepotError("credential-invalid", {
    message: "Your browser sent two sessions; delete the cookies of this server and sign in again.",
    details: { code: "session-ended" },
  });
}

/** The session of a request's cookie; null when there is no cookie, or its session is over. */
export async function findSession(
  deps: Pick<HttpDeps, "identity">,
  request: Carrier,
): Promise<OwnSession | null> {
  const secret = sessionSecretOf(request);
  return secret === null || !SECRET_PATTERN.test(secret) ? null : await deps.identity.sessions.find(secret);
}

/**
 * The session of a request whose only credential is a cookie; null when it has none. Throws credential-invalid when the
 * session is over, and permission-denied for a write that does not show the session's own `x-entrepot-csrf`.
 */
export async function requireSession(
  deps: Pick<HttpDeps, "identity">,
  request: Carrier,
  { isWrite, origins }: { isWrite: boolean; origins: readonly string[] },
): Promise<OwnSession | null> {
  if (sessionSecretOf(request) === null) return null;
  const session = await findSession(deps, request);
  if (session === null) throw sessionEnded();
  if (!isWrite) return session;
  assertSameSite(request, origins);
  const shown = request.headers[CSRF_HEADER];
  if (typeof shown === "string" && isSameSecret(session.csrfToken, shown)) return session;
  throw new EntrepotError("permission-denied", {
    message: `A change by cookie needs the header ${CSRF_HEADER} with the value that GET /api/v1/session gives.`,
  });
}

/**
 * Refuses what another site, or a page without an origin, made a browser send; throws permission-denied. `origins` are
 * this server's own. By plain http browsers send no `Sec-Fetch-Site`, but an `Origin` with every write.
 */
export function assertSameSite({ headers }: Carrier, origins: readonly string[]): void {
  const { origin, "sec-fetch-site": site } = headers;
  const isOwnSite = site === undefined || site === "same-origin" || site === "none";
  if (isOwnSite && (origin === undefined || origins.includes(origin))) return;
  throw new EntrepotError("permission-denied", {
    message: "Another site made your browser send this; open the page of this server itself.",
  });
}

/** The value of `Set-Cookie` that keeps a session; `isSecure` when the client came by https. */
export function keepCookie(secret: string, isSecure: boolean): string {
  return cookie(secret, { seconds: Math.floor(SESSION_MS_MAX / 1000), isSecure });
}

/** The value of `Set-Cookie` that makes a browser forget its session. */
export function forgetCookie(isSecure: boolean): string {
  return cookie("", { seconds: 0, isSecure });
}

function cookie(value: string, { seconds, isSecure }: { seconds: number; isSecure: boolean }): string {
  const [name, secure] = isSecure ? [SECURE_NAME, "; Secure"] : [NAME, ""];
  return `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
}
