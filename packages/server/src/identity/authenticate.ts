import { EntrepotError, type KeyPrincipal, type Principal, type UserPrincipal } from "@entrepot/core";
import type { Change } from "../changes/index.ts";
import { parseCredential } from "./credential.ts";
import type { Credential } from "./credential.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { RIGHT_MS } from "./password-check.ts";
import type { PasswordCheck } from "./password-check.ts";
import type { FindToken } from "./token-lookup.ts";
import type { TokenUse } from "./token-use.ts";
import { userPrincipal } from "./user-principal.ts";

/** Tells who sent a request. */
export interface Authenticator {
  /**
   * Resolves the value of an `Authorization` header; no header is the anonymous principal, a wrong one never
   * is. Gives
   * the principal itself, and no promise, for a header that was resolved lately. The same header gives the
   * same frozen
   * object until something changes. `address` is the client's, for limiting guesses. Rejects with credential-
   * invalid
   * or too-many-requests; never throws.
   */
  authenticate(header: string | undefined, address?: string): Principal | Promise<Principal>;
  /** Forgets what the changes make untrue. */
  apply(changes: readonly Change[]): void;
  /** Notes the uses of tokens since the last call. */
  collectUse(): void;
}

/** The principal of a request without a credential. */
const ANONYMOUS: Principal = Object.freeze({ kind: "anonymous" });

const ENTRIES_MAX = 10_000;
const USE_MS = 60_000;

interface Entry {
  principal: UserPrincipal | KeyPrincipal;
  until: number;
  usedAt: number;
  /** The address of the last use. */
  usedFrom: string;
  /** Tells whether it may be used from an address; null when from everywhere. */
  isAllowedFrom: ((address: string) => boolean) | null;
  /** What the database holds as the last use; 0 for none. */
  savedAt: number;
}

interface State {
  deps: Pick<IdentityDeps, "now">;
  passwords: PasswordCheck;
  findToken: FindToken;
  use: TokenUse;
  /**
   * By the header as it came. A digest of it would cost twenty times the lookup, and the secret is in this
   * process's
   * memory with every request anyway; what is kept at rest is a hash.
   */
  entries: Map<string, Entry>;
  running: Map<string, Promise<Principal>>;
  /** Counts changes, so that an answer read before one is not kept after it. */
  generation: number;
}

/** Makes the authenticator. */
export function createAuthenticator(
  deps: Pick<IdentityDeps, "now">,
  parts: { passwords: PasswordCheck; findToken: FindToken; use: TokenUse },
): Authenticator {
  const state: State = { deps, ...parts, entries: new Map(), running: new Map(), generation: 0 };
  return {
    authenticate(header, address = "") {
      if (header === undefined) return ANONYMOUS;
      const entry = state.entries.get(header);
      if (entry !== undefined) {
        const at = deps.now();
        if (at < entry.until) {
          if (entry.isAllowedFrom?.(address) === false) return Promise.reject(elsewhere(address));
          entry.usedAt = at;
          entry.usedFrom = address;
          return entry.principal;
        }
        forget(state, header, entry);
      }
      return share(state, header, address);
    },
    apply: (changes) => apply(state, changes),
    collectUse() {
      for (const entry of state.entries.values()) noteUse(state, entry);
    },
  };
}

/** A client opens many connections at once and sends the same header on all. */
function share(state: State, header: string, address: string): Promise<Principal> {
  const key = `${address} ${header}`;
  const known = state.running.get(key);
  if (known !== undefined) return known;
  const running = resolve(state, header, address).finally(() => {
    if (state.running.get(key) === running) state.running.delete(key);
  });
  state.running.set(key, running);
  return running;
}

async function resolve(state: State, header: string, address: string): Promise<Principal> {
  const credential = parseCredential(header);
  const { generation } = state;
  const entry = await resolveEntry(state, credential, address);
  if (entry.isAllowedFrom?.(address) === false) throw elsewhere(address);
  if (generation !== state.generation) return entry.principal;
  if (state.entries.size >= ENTRIES_MAX) {
    for (const [oldest, old] of state.entries) {
      forget(state, oldest, old);
      break;
    }
  }
  state.entries.set(header, entry);
  return entry.principal;
}

async function resolveEntry(state: State, credential: Credential, address: string): Promise<Entry> {
  const at = state.deps.now();
  if (credential.kind === "token") {
    const { principal, expiresAt, lastUsedAt, isAllowedFrom } = await state.findToken({
      ...credential,
      address,
    });
    const until = expiresAt ?? Infinity;
    return { principal, until, usedAt: at, usedFrom: address, savedAt: lastUsedAt ?? 0, isAllowedFrom };
  }
  const user = await state.passwords.check({ ...credential, address });
  const principal = Object.freeze(userPrincipal(user));
  return { principal, until: at + RIGHT_MS, usedAt: at, usedFrom: address, savedAt: 0, isAllowedFrom: null };
}

function elsewhere(address: string): EntrepotError {
  return new EntrepotError("credential-invalid", {
    message: `This token may not be used from ${address}.`,
    details: { code: "token-address" },
  });
}

function forget(state: State, header: string, entry: Entry): void {
  noteUse(state, entry);
  state.entries.delete(header);
}

/** A minute's precision is enough and keeps a token in steady use from being written each time. */
function noteUse(state: State, entry: Entry): void {
  const { tokenId } = entry.principal;
  if (tokenId === null || entry.usedAt - entry.savedAt < USE_MS) return;
  state.use.note(tokenId, { at: entry.usedAt, address: entry.usedFrom });
  entry.savedAt = entry.usedAt;
}

function apply(state: State, changes: readonly Change[]): void {
  for (const { kind, detail } of changes) {
    const isOurs = kind === "user-changed" || kind === "token-changed";
    if (!isOurs || detail["what"] === "created") continue;
    state.generation += 1;
    // Whoever asks from now on must not be answered with what was read before.
    state.running.clear();
    for (const [header, entry] of state.entries) {
      const { principal } = entry;
      const userId = principal.kind === "user" ? principal.userId : null;
      const isMeant =
        kind === "user-changed" ? detail["userId"] === userId : detail["tokenId"] === principal.tokenId;
      if (isMeant) forget(state, header, entry);
    }
  }
}
