import { createHash, randomUUID } from "node:crypto";
import { EntrepotError, type Role } from "@entrepot/core";
import type { Selectable, Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import type { Deed, IdentityDeps } from "./identity-deps.ts";
import { assertEmail } from "./users.ts";

/** Somebody who was asked to become a user. */
export interface Invitation {
  id: string;
  email: string | null;
  role: Role;
  createdBy: string;
  createdAt: number;
  expiresAt: number;
  state: "open" | "expired" | "accepted" | "revoked";
  /** Name of the user that it made. */
  acceptedBy: string | null;
}

/** An invitation and, this once, its code. */
export interface NewInvitation extends Invitation {
  code: string;
}

/** Invitations by administrators. */
export interface Invitations {
  /** Throws request-invalid for a bad address or too many invitations. */
  create(input: Deed & { email: string | null; role: Role }): Promise<NewInvitation>;
  /** Lists invitations, the oldest first. */
  list(): Promise<Invitation[]>;
  /** Finds one by its id. Throws not-found. */
  get(id: string): Promise<Invitation>;
  /** Makes another code, good for as long as a first one; the old one ends. Throws not-found. */
  resend(input: Deed & { id: string }): Promise<NewInvitation>;
  /** Ends one that was not accepted. Throws not-found. */
  revoke(input: Deed & { id: string }): Promise<void>;
  /** The open invitation of a code. Throws not-found and permission-denied, saying why it cannot be used. */
  ofCode(code: string): Promise<Invitation>;
}

const INVITATION_MS = 5 * 24 * 60 * 60 * 1000;
const ENDED_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const OPEN_MAX = 1000;
const RANDOM_BYTES = 32;

type Row = Selectable<Schema["invitations"]>;

/** Makes the invitations; of their codes only hashes are kept. */
export function createInvitations(deps: IdentityDeps): Invitations {
  return {
    create: (input) => create(deps, input),
    list: () => list(deps),
    get: async (id) => invitationOf(await requireRow(deps, deps.db.read, id), deps.now()),
    resend: (input) => resend(deps, input),
    revoke: (input) => revoke(deps, input),
    ofCode: (code) => ofCode(deps, code),
  };
}

async function create(
  deps: IdentityDeps,
  { email, role, actor }: Deed & { email: string | null; role: Role },
): Promise<NewInvitation> {
  assertEmail(email);
  const code = newCode(deps);
  const at = deps.now();
  const row: Row = {
    id: randomUUID(),
    workspace_id: deps.workspaceId,
    code_hash: hashOf(code),
    email,
    role,
    created_by: actor.name,
    created_at: at,
    sent_at: at,
    accepted_by: null,
    ended_at: null,
  };
  await deps.db.write(async (trx) => {
    await assertRoom(trx, row);
    await trx.insertInto("invitations").values(row).execute();
    await appendInvitationChange(trx, row, { actor, at, what: "created" });
  });
  return { ...invitationOf(row, at), code };
}

async function assertRoom(trx: Transaction<Schema>, row: Row): Promise<void> {
  const { count } = await trx
    .selectFrom("invitations")
    .select((select) => select.fn.countAll<number | string>().as("count"))
    .where("workspace_id", "=", row.workspace_id)
    .where("ended_at", "is", null)
    .executeTakeFirstOrThrow();
  if (Number(count) < OPEN_MAX) return;
  throw new EntrepotError("request-invalid", {
    message: `There are ${OPEN_MAX} invitations that nobody accepted, which is the most; revoke some first.`,
  });
}

async function list(deps: IdentityDeps): Promise<Invitation[]> {
  const rows = await deps.db.read
    .selectFrom("invitations")
    .selectAll()
    .where("workspace_id", "=", deps.workspaceId)
    .orderBy("created_at")
    .orderBy("id")
    .limit(2 * OPEN_MAX)
    .execute();
  return rows.map((row) => invitationOf(row, deps.now()));
}

async function resend(deps: IdentityDeps, { id, actor }: Deed & { id: string }): Promise<NewInvitation> {
  const code = newCode(deps);
  const at = deps.now();
  const row = await deps.db.write(async (trx) => {
    const old = await requireRow(deps, trx, id);
    if (old.ended_at !== null) throw noInvitation();
    const changed = { code_hash: hashOf(code), sent_at: at };
    await trx.updateTable("invitations").set(changed).where("id", "=", id).execute();
    await appendInvitationChange(trx, old, { actor, at, what: "sent again" });
    return { ...old, ...changed };
  });
  return { ...invitationOf(row, at), code };
}

async function revoke(deps: IdentityDeps, { id, actor }: Deed & { id: string }): Promise<void> {
  const at = deps.now();
  await deps.db.write(async (trx) => {
    const row = await requireRow(deps, trx, id);
    if (row.ended_at !== null) throw noInvitation();
    await trx.updateTable("invitations").set({ ended_at: at }).where("id", "=", id).execute();
    await appendInvitationChange(trx, row, { actor, at, what: "revoked" });
  });
}

async function ofCode(deps: IdentityDeps, code: string): Promise<Invitation> {
  const row = await deps.db.read
    .selectFrom("invitations")
    .selectAll()
    .where("code_hash", "=", hashOf(code))
    .where("workspace_id", "=", deps.workspaceId)
    .executeTakeFirst();
  if (row === undefined) throw noInvitation();
  const invitation = invitationOf(row, deps.now());
  if (invitation.state === "open") {
    await assertInviterMay(deps.db.read, row);
    return invitation;
  }
  const why = { expired: "expired", accepted: "was used already", revoked: "was revoked" }[invitation.state];
  throw new EntrepotError("permission-denied", {
    message: `This invitation ${why}; ask whoever sent it for another.`,
  });
}

/**
 * Marks an invitation as accepted by the new user who acts, in this transaction. Throws permission-denied when it was
 * used or ended since it was read.
 */
export async function markAccepted(
  trx: Transaction<Schema>,
  { id }: Invitation,
  { actor, at }: Deed & { at: number },
): Promise<void> {
  const row = await trx
    .updateTable("invitations")
    .set({ accepted_by: actor.name, ended_at: at })
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    throw new EntrepotError("permission-denied", { message: "This invitation was used just now." });
  }
  await assertInviterMay(trx, row);
  await appendInvitationChange(trx, row, { actor, at, what: "accepted" });
}

/**
 * An invitation is as good as who sent it is when it is used. Keys have names that no user has: what they made stays good
 * until it is revoked.
 */
async function assertInviterMay(db: Pick<Transaction<Schema>, "selectFrom">, row: Row): Promise<void> {
  const inviter = await db
    .selectFrom("users")
    .select(["role", "disabled_at"])
    .where("workspace_id", "=", row.workspace_id)
    .where("name", "=", row.created_by)
    .executeTakeFirst();
  if (inviter === undefined) return;
  // Only owners make owners.
  const roles: readonly Role[] = row.role === "owner" ? ["owner"] : ["owner", "admin"];
  if (inviter.disabled_at === null && roles.includes(inviter.role)) return;
  throw new EntrepotError("permission-denied", {
    message: "Whoever sent this invitation may not invite any more; ask an administrator for another.",
  });
}

/** Deletes invitations that ended 30 days ago or earlier; gives their number. */
export async function purgeInvitations(deps: Pick<IdentityDeps, "db" | "now">): Promise<number> {
  const until = deps.now() - ENDED_KEPT_MS;
  const { numDeletedRows } = await deps.db.write((trx) =>
    trx
      .deleteFrom("invitations")
      .where((on) => on.or([on("ended_at", "<=", until), on("sent_at", "<=", until - INVITATION_MS)]))
      .executeTakeFirstOrThrow(),
  );
  return Number(numDeletedRows);
}

async function requireRow(
  { workspaceId }: IdentityDeps,
  db: Pick<Transaction<Schema>, "selectFrom">,
  id: string,
): Promise<Row> {
  const row = await db
    .selectFrom("invitations")
    .selectAll()
    .where("id", "=", id)
    .where("workspace_id", "=", workspaceId)
    .executeTakeFirst();
  if (row === undefined) throw noInvitation();
  return row;
}

function noInvitation(): EntrepotError {
  return new EntrepotError("not-found", { message: "There is no such invitation." });
}

async function appendInvitationChange(
  trx: Transaction<Schema>,
  row: Row,
  change: { actor: Actor; at: number; what: "created" | "sent again" | "revoked" | "accepted" },
): Promise<void> {
  const { id: invitationId, email, role } = row;
  const accepted = change.what === "accepted" ? { userName: row.accepted_by, invitedBy: row.created_by } : {};
  await appendChange(trx, {
    workspaceId: row.workspace_id,
    registryId: null,
    packageName: null,
    kind: "invitation-changed",
    actor: change.actor,
    at: change.at,
    detail: { invitationId, email, role, what: change.what, ...accepted },
  });
}

function invitationOf(row: Row, at: number): Invitation {
  const expiresAt = row.sent_at + INVITATION_MS;
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt,
    state: stateOf(row, at < expiresAt),
    acceptedBy: row.accepted_by,
  };
}

function stateOf(row: Row, isInTime: boolean): Invitation["state"] {
  if (row.accepted_by !== null) return "accepted";
  if (row.ended_at !== null) return "revoked";
  return isInTime ? "open" : "expired";
}

function newCode({ random }: IdentityDeps): string {
  return Buffer.from(random(RANDOM_BYTES)).toString("base64url");
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
