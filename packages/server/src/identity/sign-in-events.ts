import type { Actor } from "../changes/index.ts";
import type { IdentityDeps } from "./identity-deps.ts";

const FAILED_PER_MINUTE = 60;

/** Why a password, or what stood in its place, was not good enough. */
export type FailedBecause =
  | "password-wrong"
  | "password-to-change"
  | "session-ended"
  | "token-refused"
  | "user-unknown"
  | "user-disabled";

type SignInDeps = Pick<IdentityDeps, "audit">;

/** Records that somebody got a token or a session for a password, or gave one back. */
export function recordSignIn(
  { audit }: SignInDeps,
  kind: "signed-in" | "signed-out",
  { actor, ...detail }: { actor: Actor } & ({ tokenId: string } | { sessionId: string }),
): void {
  audit?.record({ ...NOWHERE, kind, actor, result: "done", detail });
}

/** Records who let a client in by browser, from where, and what the client said of itself. */
export function recordWebLoginApproval(
  { audit }: SignInDeps,
  actor: Actor,
  detail: { client: string; address: string; registryId: string },
): void {
  audit?.record({ ...NOWHERE, kind: "web-login-approved", actor, result: "done", detail });
}

/**
 * Records a wrong password, 60 from one address in a minute at most. A client that brings its password along repeats a
 * wrong one with every request, so of those it is one for each user.
 */
export function recordFailedSignIn(
  { audit }: SignInDeps,
  actor: Actor,
  { because, isSignIn }: { because: FailedBecause; isSignIn: boolean },
): void {
  const limit = isSignIn ? { perMinute: FAILED_PER_MINUTE } : { perMinute: 1, per: actor.name };
  const detail = { reason: because, by: isSignIn ? "login" : "request" };
  audit?.recordAtMost(limit, { ...NOWHERE, kind: "sign-in-failed", actor, result: "failed", detail });
}

/** Records that passwords are not even compared any more, once for an address and minute. */
export function recordLimitedSignIn({ audit }: SignInDeps, actor: Actor): void {
  const limit = { perMinute: 1 };
  audit?.recordAtMost(limit, { ...NOWHERE, kind: "sign-in-limited", actor, result: "refused", detail: {} });
}

const NOWHERE = { registryId: null, registry: null, packageName: null } as const;
