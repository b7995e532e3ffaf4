import { EntrepotError, type KeyPrincipal, type Principal, type UserPrincipal } from "@entrepot/core";

/**
 * Whoever is behind a request, user or key. Throws `credential-missing` for an anonymous one, and `permission-denied` for
 * a user whose password is a one-time one: it opens nothing.
 */
export function requireKnown(principal: Principal): UserPrincipal | KeyPrincipal {
  if (principal.kind === "anonymous") throw new EntrepotError("credential-missing");
  if (principal.kind === "key" || !principal.mustChangePassword) return principal;
  throw new EntrepotError("permission-denied", {
    message: `The password of ${principal.name} is a one-time password; set one of your own first.`,
    details: { code: "password-must-change" },
  });
}

/** The user behind a request. Throws `credential-missing` for an anonymous one, `permission-denied` for a key. */
export function requireUser(principal: Principal): UserPrincipal {
  const known = requireKnown(principal);
  if (known.kind === "user") return known;
  throw new EntrepotError("permission-denied", {
    message: `The key "${known.name}" belongs to nobody, and this is for users; log in with npm login.`,
  });
}

/** What a principal is called where its deeds are kept; null for the anonymous. */
export function nameOf(principal: Principal): string | null {
  if (principal.kind === "anonymous") return null;
  return principal.kind === "user" ? principal.name : `key ${principal.name}`;
}

/**
 * The user behind a request that changes what is the user's own, such as tokens. A credential that was made for less than
 * all that its user may do must not get at it. Throws `permission-denied`.
 */
export function requireWholeUser(principal: Principal, what: string): UserPrincipal {
  const user = requireUser(principal);
  if (user.limits === null) return user;
  throw new EntrepotError("permission-denied", {
    message: `This token is limited; to ${what} use one that is not, or your password.`,
    details: { code: "token-permission" },
  });
}
