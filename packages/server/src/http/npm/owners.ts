import { EntrepotError } from "@entrepot/core";
import type { Actor } from "../../changes/index.ts";
import { addMaintainer, removeMaintainer } from "../../registry/index.ts";
import { npmActor } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";

const BODY_BYTES_MAX = 64 * 1024;

/** `PUT /-/package/:package/owners` with `{user}`: adds a user of this server to the owners, as pnpm does. */
export async function putOwner(context: NpmContext): Promise<Answer> {
  const body = await context.body.json(BODY_BYTES_MAX);
  const { user: name } = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof name !== "string") {
    throw new EntrepotError("request-invalid", { message: 'The body must be a JSON object with "user".' });
  }
  const user = await context.deps.identity.findUser(name);
  if (user === null) throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
  const person = { name: user.name, email: user.email ?? "" };
  return done(context, await addMaintainer(context.deps, { ...writeOf(context), person }));
}

/** `DELETE /-/package/:package/owners/:user`. */
export async function deleteOwner(context: NpmContext): Promise<Answer> {
  const userName = valueOf(context.params, "user");
  return done(context, await removeMaintainer(context.deps, { ...writeOf(context), userName }));
}

function writeOf(context: NpmContext): { registry: NpmContext["registry"]; name: string; actor: Actor } {
  return {
    registry: context.registry,
    name: packageOf(context.params).full,
    actor: npmActor(context),
  };
}

function done(context: NpmContext, { rev }: { rev: string }): Answer {
  return jsonAnswer(201, { ok: true, success: true, id: packageOf(context.params).full, rev });
}
