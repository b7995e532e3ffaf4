import { EntrepotError } from "@entrepot/core";
import type { Actor } from "../../changes/index.ts";
import {
  changeMaintainers,
  unpublishMissing,
  unpublishPackage,
  unpublishVersion,
  versionOfFileName,
} from "../../registry/index.ts";
import { npmActor } from "../actor.ts";
import { assertMayHere } from "../may-here.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";

/**
 * `PUT /:package/-rev/:rev`: with `versions`, removes those that are missing; with `maintainers` alone, changes
 * the owners. A document without `versions` is never read as the removal of all.
 */
export async function putRevision(context: NpmContext): Promise<Answer> {
  const document = await context.body.json(context.deps.limits.metadataBytesMax);
  if (!isObject(document)) {
    throw new EntrepotError("request-invalid", { message: "The body must be a JSON object." });
  }
  const write = { ...writeOf(context), rev: valueOf(context.params, "rev") };
  const { versions, maintainers } = document;
  if (versions !== undefined) {
    if (!isObject(versions)) {
      throw new EntrepotError("request-invalid", { message: '"versions" is not an object.' });
    }
    await assertMayHere(context, "unpublish");
    const { rev } = await unpublishMissing(context.deps, { ...write, document });
    return done(context, rev);
  }
  if (maintainers === undefined) {
    throw new EntrepotError("request-invalid", {
      message: 'The document has neither "versions" nor "maintainers".',
    });
  }
  await assertMayHere(context, "manage-access");
  const { rev } = await changeMaintainers(context.deps, { ...write, maintainers });
  return done(context, rev);
}

/** `DELETE /:package/-rev/:rev`: removes the whole package. */
export async function deletePackage(context: NpmContext): Promise<Answer> {
  const { rev } = await unpublishPackage(context.deps, {
    ...writeOf(context),
    rev: valueOf(context.params, "rev"),
  });
  return done(context, rev);
}

/** `DELETE /:package/-/:file/-rev/:rev`: the last step of a client's unpublish; the version is mostly gone already. */
export async function deleteTarball(context: NpmContext): Promise<Answer> {
  const name = packageOf(context.params);
  const [file = "", rev = ""] = valueOf(context.params, "rest").split("/-rev/");
  const version = versionOfFileName(name, file);
  const result = await unpublishVersion(context.deps, { ...writeOf(context), rev, version });
  return done(context, result.rev);
}

function writeOf(context: NpmContext): { registry: NpmContext["registry"]; name: string; actor: Actor } {
  return {
    registry: context.registry,
    name: packageOf(context.params).full,
    actor: npmActor(context),
  };
}

function done(context: NpmContext, rev: string): Answer {
  return jsonAnswer(201, { ok: true, success: true, id: packageOf(context.params).full, rev });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
