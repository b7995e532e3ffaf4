import { EntrepotError } from "@entrepot/core";
import { assertPasswordChange, type OwnPasswordChange, type User } from "../../identity/index.ts";
import { npmActor, userAgentOf } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { requireUser, requireWholeUser } from "../require-user.ts";

const BODY_BYTES_MAX = 64 * 1024;
/** Known to npm and not kept here. */
const NOT_KEPT: readonly string[] = ["homepage", "freenode", "twitter", "github"];

/** `GET /-/npm/v1/user`: one's own profile, as `npm profile get` shows it. */
export async function getProfile(context: NpmContext): Promise<Answer> {
  return jsonAnswer(200, profileOf(await ownUser(context, requireUser(context.principal).name)));
}

/**
 * `POST /-/npm/v1/user`: changes full name and e-mail, and the password by whoever knows the old one. Nothing is changed
 * where any of them is refused.
 */
export async function setProfile(context: NpmContext): Promise<Answer> {
  const { name } = requireWholeUser(context.principal, "change your profile");
  const body = await context.body.json(BODY_BYTES_MAX);
  const wanted = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  assertOffered(wanted);
  const { identity } = context.deps;
  const before = await ownUser(context, name);
  const change = changeOf(before, wanted);
  const password = passwordOf(context, name, wanted["password"] ?? null);
  if (password !== null) {
    await identity.checkPassword({ userName: name, ...password });
    assertPasswordChange(password);
  }
  // It checks its fields before it writes, so that the password is the last of all.
  if (Object.keys(change).length > 0) {
    await identity.changeUser({ name, ...change, actor: npmActor(context) });
  }
  if (password !== null) await identity.changeOwnPassword(password);
  return jsonAnswer(200, profileOf(await ownUser(context, name)));
}

async function ownUser({ deps }: NpmContext, name: string): Promise<User> {
  const user = await deps.identity.findUser(name);
  if (user !== null) return user;
  throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
}

function assertOffered(wanted: Record<string, unknown>): void {
  // What npm writes back of a profile without it.
  const { tfa } = wanted;
  if (tfa !== undefined && tfa !== null && tfa !== false) {
    throw new EntrepotError("request-invalid", {
      message: "Two-factor authentication is not offered by this server yet; nothing was changed.",
    });
  }
  const field = NOT_KEPT.find((name) => (wanted[name] ?? "") !== "");
  if (field === undefined) return;
  throw new EntrepotError("request-invalid", {
    message: `This server keeps no "${field}" of a user; fullname, email and password can be set.`,
  });
}

function passwordOf(context: NpmContext, user: string, passwords: unknown): OwnPasswordChange | null {
  if (passwords === null) return null;
  const { old, new: newPassword } = passwords as { old?: unknown; new?: unknown };
  if (typeof old !== "string" || typeof newPassword !== "string") {
    throw new EntrepotError("request-invalid", { message: "A new password needs the old one beside it." });
  }
  const from = { address: context.address.ip, client: userAgentOf(context.request) };
  return { user, password: old, newPassword, ...from };
}

// npm sends every field that may be written; what is as it was is no change.
function changeOf(user: User, wanted: Record<string, unknown>): { fullName?: string; email?: string | null } {
  const fullName = textOf(wanted, "fullname") ?? user.fullName;
  const email = (textOf(wanted, "email") ?? user.email ?? "").trim();
  return {
    ...(fullName === user.fullName ? {} : { fullName }),
    ...(email === (user.email ?? "") ? {} : { email: email === "" ? null : email }),
  };
}

function textOf(wanted: Record<string, unknown>, field: string): string | null {
  const value = wanted[field] ?? null;
  if (value === null || typeof value === "string") return value;
  throw new EntrepotError("request-invalid", { message: `The field "${field}" must be text.` });
}

function profileOf(user: User): Record<string, unknown> {
  return {
    name: user.name,
    email: user.email ?? "",
    email_verified: false,
    tfa: false,
    fullname: user.fullName,
    homepage: "",
    freenode: "",
    twitter: "",
    github: "",
    created: new Date(user.createdAt).toISOString(),
    updated: new Date(user.updatedAt).toISOString(),
    cidr_whitelist: null,
  };
}
