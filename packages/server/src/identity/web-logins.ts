import { createHash, randomUUID } from "node:crypto";
import { EntrepotError, isEntrepotError } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import { clientName } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import { networkPlace } from "../telemetry/index.ts";
import { createLoginToken } from "./create-token.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import type { LoginInput, LoginSource } from "./lasting-password.ts";
import { FROM_SESSION, ownerOfPassword, type LoginParts } from "./login.ts";
import { recordSignIn, recordWebLoginApproval } from "./sign-in-events.ts";
import type { TokenScope } from "./token-scope.ts";

/** A login that a client asked for and that somebody is to approve with a browser. */
export interface WebLogin {
  /** What the client calls itself. */
  client: string;
  /** Where the client is. */
  address: string;
  isApproved: boolean;
}

/** Where a login by browser belongs: the registry that the client asked. */
export interface WebLoginPlace {
  registryId: string;
}

/** A client that asks for its token. */
export interface Collection extends WebLoginPlace {
  done: string;
  /** Where it is now. */
  address: string;
  /** Left out for all that the user may do. */
  scope?: TokenScope;
}

/**
 * Logins by browser: the client asks for two secrets, opens a page with one and waits with the other until somebody
 * approves on the page. Whoever sees the page's URL cannot fetch the token.
 */
export interface WebLogins {
  /** Begins one. Throws too-many-requests while thousands are under way, or 20 of the last minute from one place. */
  begin(input: LoginSource & WebLoginPlace): Promise<{ page: string; done: string }>;
  /** The login of a page; null when there is none or it is over. */
  find(input: WebLoginPlace & { page: string }): Promise<WebLogin | null>;
  /**
   * Approves it as whoever knows the password. False when there is none or it is over. Throws credential-invalid,
   * too-many-requests, and permission-denied for a one-time password.
   */
  approveWithPassword(input: LoginInput & WebLoginPlace & { page: string }): Promise<boolean>;
  /** Approves it as a user whose session that is. False when there is none or it is over. */
  approveAs(input: LoginSource & WebLoginPlace & { page: string; userId: string }): Promise<boolean>;
  /** Gives the token of an approved one, once; null when there is none or it is over. `address` asks for it. */
  collect(input: Collection): Promise<{ state: "waiting" } | { state: "done"; token: string } | null>;
}

/** How long somebody has to approve. */
const WEB_LOGIN_MS = 10 * 60 * 1000;

const RANDOM_BYTES = 32;
const COUNT_MAX = 2000;
const PER_PLACE_MAX = 20;
/** How long nothing from the same place ends one: whoever began it may be at the page. */
const KEPT_MS_MIN = 60_000;
const FULL_RETRY_SECONDS = 60;

type Row = Selectable<Schema["web_logins"]>;

interface Approval {
  userId: string;
  with: "password" | "session";
}

/** Makes the logins by browser; what is under way is in the database, for every process to see. */
export function createWebLogins(
  deps: IdentityDeps,
  parts: Pick<LoginParts, "passwords" | "sessions">,
): WebLogins {
  return {
    begin: (input) => begin(deps, input),
    find: (input) => find(deps, input),
    async approveWithPassword(input) {
      const { user, isSession } = await ownerOfPassword(deps, parts, input);
      const approvedWith = isSession ? "session" : "password";
      return await approve(deps, input, { userId: user.id, with: approvedWith });
    },
    approveAs: (input) => approve(deps, input, { userId: input.userId, with: "session" }),
    collect: (input) => collect(deps, input),
  };
}

async function begin(
  deps: IdentityDeps,
  { registryId, address, client }: LoginSource & WebLoginPlace,
): Promise<{ page: string; done: string }> {
  const [page, done] = [newSecret(deps), newSecret(deps)];
  const row: Row = {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    registry_id: registryId,
    page_hash: hashOf(page),
    done_hash: hashOf(done),
    client: clientName(client) ?? "",
    address,
    created_at: deps.now(),
    user_id: null,
    approved_with: null,
  };
  await deps.db.write(async (trx) => {
    await makeRoom(trx, row);
    await trx.insertInto("web_logins").values(row).execute();
  });
  return { page, done };
}

// Anybody may begin one, so what is kept of them has a limit, for each place in the network and for all.
async function makeRoom(trx: Transaction<Schema>, row: Row): Promise<void> {
  const over = row.created_at - WEB_LOGIN_MS;
  await trx.deleteFrom("web_logins").where("created_at", "<=", over).execute();
  const kept = await trx
    .selectFrom("web_logins")
    .select(["id", "address", "created_at"])
    .where("workspace_id", "=", row.workspace_id)
    .orderBy("created_at")
    .limit(COUNT_MAX)
    .execute();
  const place = networkPlace(row.address);
  const own = kept.filter(({ address }) => networkPlace(address) === place);
  const oldest = own.slice(0, Math.max(0, own.length - PER_PLACE_MAX + 1));
  const waitMs = (oldest.at(-1)?.created_at ?? -Infinity) + KEPT_MS_MIN - row.created_at;
  if (waitMs > 0) throw tooMany("from your address", Math.ceil(waitMs / 1000));
  if (kept.length - oldest.length >= COUNT_MAX) throw tooMany("under way", FULL_RETRY_SECONDS);
  const ids = oldest.map(({ id }) => id);
  if (ids.length > 0) await trx.deleteFrom("web_logins").where("id", "in", ids).execute();
}

function tooMany(which: string, retryAfterSeconds: number): EntrepotError {
  return new EntrepotError("too-many-requests", {
    message: `There are too many logins by browser ${which}; log in with --auth-type=legacy, or later.`,
    details: { retryAfterSeconds },
  });
}

async function find(deps: IdentityDeps, input: WebLoginPlace & { page: string }): Promise<WebLogin | null> {
  const row = await live(deps, input)
    .selectAll()
    .where("page_hash", "=", hashOf(input.page))
    .executeTakeFirst();
  if (row === undefined) return null;
  return { client: row.client, address: row.address, isApproved: row.user_id !== null };
}

function live(deps: IdentityDeps, { registryId }: WebLoginPlace) {
  return deps.db.read
    .selectFrom("web_logins")
    .where("workspace_id", "=", deps.workspaceId)
    .where("registry_id", "=", registryId)
    .where("created_at", ">", deps.now() - WEB_LOGIN_MS);
}

async function approve(
  deps: IdentityDeps,
  { page, registryId, address, client }: LoginSource & WebLoginPlace & { page: string },
  approval: Approval,
): Promise<boolean> {
  const approved = await deps.db.write(async (trx) => {
    const user = await enabledUser(trx, approval.userId);
    if (user === undefined) return null;
    const row = await trx
      .updateTable("web_logins")
      .set({ user_id: approval.userId, approved_with: approval.with })
      .where("page_hash", "=", hashOf(page))
      .where("workspace_id", "=", deps.workspaceId)
      .where("registry_id", "=", registryId)
      .where("created_at", ">", deps.now() - WEB_LOGIN_MS)
      .where("user_id", "is", null)
      .returning(["client", "address"])
      .executeTakeFirst();
    return row === undefined ? null : { user, row };
  });
  if (approved === null) return false;
  const { user, row } = approved;
  const actor = { name: user.name, credential: approval.with, address, client: clientName(client) };
  recordWebLoginApproval(deps, actor, { client: row.client, address: row.address, registryId });
  return true;
}

async function enabledUser(
  db: Pick<Transaction<Schema>, "selectFrom">,
  userId: string,
): Promise<{ name: string } | undefined> {
  return await db
    .selectFrom("users")
    .select("name")
    .where("id", "=", userId)
    .where("disabled_at", "is", null)
    .executeTakeFirst();
}

async function collect(
  deps: IdentityDeps,
  { done, scope, address, ...place }: Collection,
): Promise<{ state: "waiting" } | { state: "done"; token: string } | null> {
  const row = await live(deps, place).selectAll().where("done_hash", "=", hashOf(done)).executeTakeFirst();
  if (row === undefined) return null;
  const { user_id: userId } = row;
  if (userId === null) return { state: "waiting" };
  const user = await enabledUser(deps.db.read, userId);
  if (user === undefined) return null;
  const { client } = row;
  const actor = { name: user.name, credential: row.approved_with, address, client };
  const given = scope === undefined ? {} : { scope };
  const from = row.approved_with === "session" ? FROM_SESSION : "";
  const wanted = { userId, actor, client: from + client, ...given };
  const token = await createLoginToken(deps, wanted, (trx) => take(trx, row, userId)).catch(nullIfOver);
  if (token === null) return null;
  recordSignIn(deps, "signed-in", { actor, tokenId: token.id });
  deps.log.info("login", { userName: user.name, tokenId: token.id, address, client });
  return { state: "done", token: token.secret };
}

/**
 * Takes an approved one away in the transaction that makes its token: of several polls at once, one gets the token, and
 * none does after what ended the user's ways in. Throws not-found when it is over.
 */
async function take(trx: Transaction<Schema>, { id }: Row, userId: string): Promise<void> {
  const { numDeletedRows } = await trx
    .deleteFrom("web_logins")
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  const user = await enabledUser(trx, userId);
  if (Number(numDeletedRows) !== 1 || user === undefined) throw new EntrepotError("not-found");
}

function nullIfOver(error: unknown): null {
  if (isEntrepotError(error, "not-found")) return null;
  throw error;
}

function newSecret({ random }: IdentityDeps): string {
  return Buffer.from(random(RANDOM_BYTES)).toString("base64url");
}

// Its randomness makes a slow hash needless.
function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
