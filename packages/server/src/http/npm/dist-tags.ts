import { EntrepotError } from "@entrepot/core";
import type { Actor } from "../../changes/index.ts";
import { deleteTag, putTags } from "../../registry/index.ts";
import { npmActor } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";
import { tagsOf } from "./get-manifest.ts";

const BODY_BYTES_MAX = 64 * 1024;

/** `GET /-/package/:package/dist-tags`: the tags as the view shows them. */
export async function getTags(context: NpmContext): Promise<Answer> {
  return jsonAnswer(200, await tagsOf(context));
}

/** `PUT /-/package/:package/dist-tags/:tag` with the version as a JSON string. */
export async function putTag(context: NpmContext): Promise<Answer> {
  const version = await context.body.json(BODY_BYTES_MAX);
  await putTags(context.deps, {
    ...writeOf(context),
    tags: new Map([[valueOf(context.params, "rest"), version]]),
    replace: false,
  });
  return done();
}

/** `POST` adds the tags of a map, `PUT` makes them the only ones beside `latest`. */
export async function putAllTags(context: NpmContext): Promise<Answer> {
  const tags = await context.body.json(BODY_BYTES_MAX);
  if (typeof tags !== "object" || tags === null || Array.isArray(tags)) {
    throw new EntrepotError("request-invalid", {
      message: "The body must be a JSON object of tag to version.",
    });
  }
  const replace = context.request.method === "PUT";
  await putTags(context.deps, { ...writeOf(context), tags: new Map(Object.entries(tags)), replace });
  return done();
}

/** `DELETE /-/package/:package/dist-tags/:tag`. */
export async function removeTag(context: NpmContext): Promise<Answer> {
  await deleteTag(context.deps, { ...writeOf(context), tag: valueOf(context.params, "rest") });
  return done();
}

function writeOf(context: NpmContext): { registry: NpmContext["registry"]; name: string; actor: Actor } {
  return {
    registry: context.registry,
    name: packageOf(context.params).full,
    actor: npmActor(context),
  };
}

// yarn 1 looks for `ok`, others for `success`.
function done(): Answer {
  return jsonAnswer(201, { ok: true, success: true });
}
