import { z } from "zod";
import { parsePackageName, type Permission } from "@entrepot/core";
import type { Actor } from "../../changes/index.ts";
import {
  assertNotFrozen,
  currentRevision,
  deleteTag,
  publish,
  putTags,
  receiveTarball,
  refuseShadowing,
  setDeprecation,
  unpublishPackage,
  unpublishVersion,
  type Registry,
} from "../../registry/index.ts";
import { publisherFrom } from "../publisher-from.ts";
import { nameOf } from "../require-user.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { SentBytes } from "./byte-stream.ts";
import { packageOf, versionFrom } from "./package-of.ts";

const TAG_CHARS_MAX = 200;
const tagBody = z.strictObject({ version: z.string().max(256) });
/** An empty text lifts the deprecation. */
const deprecationBody = z.strictObject({ message: z.string().max(1024) });
const tarballBody = z.instanceof(SentBytes, {
  error: "send the tarball with content-type: application/octet-stream",
});

type Context = ApiContext<unknown>;

async function writeOf(context: Context): Promise<{ registry: Registry; name: string; actor: Actor }> {
  const { registry, name } = await packageOf(context);
  return { registry, name, actor: actorOf(context).actor };
}

async function putTag(context: ApiContext<z.infer<typeof tagBody>>): Promise<unknown> {
  const [tag, { version }] = [context.param("tag"), context.body];
  await putTags(context.deps, {
    ...(await writeOf(context)),
    tags: new Map([[tag, version]]),
    replace: false,
  });
  return { tag, version };
}

async function removeTag(context: Context): Promise<void> {
  await deleteTag(context.deps, { ...(await writeOf(context)), tag: context.param("tag") });
}

async function deprecate(context: ApiContext<z.infer<typeof deprecationBody>>): Promise<unknown> {
  const { message } = context.body;
  const version = versionFrom(context.param("version"));
  const text = message.trim() === "" ? null : message;
  await setDeprecation(context.deps, { ...(await writeOf(context)), version, text });
  return { version, deprecated: text };
}

async function removeVersion(context: Context): Promise<void> {
  const write = await writeOf(context);
  const rev = await revisionOf(context, write);
  await unpublishVersion(context.deps, { ...write, rev, version: versionFrom(context.param("version")) });
}

async function removePackage(context: Context): Promise<void> {
  const write = await writeOf(context);
  await unpublishPackage(context.deps, { ...write, rev: await revisionOf(context, write) });
}

async function revisionOf(
  { deps }: Context,
  { registry, name }: { registry: Registry; name: string },
): Promise<string> {
  return await currentRevision(deps, { registryId: registry.id, name });
}

// As `npm publish`, save that nobody is asked where the package says that it belongs: whoever uploads a file means this registry.
async function upload(context: ApiContext<SentBytes>): Promise<unknown> {
  const { deps, principal } = context;
  const registry = await registryOf(context, context.param("name"));
  const tag = (context.query("tag") ?? "latest").slice(0, TAG_CHARS_MAX);
  const request = await receiveTarball(deps, context.body.chunks, tag);
  try {
    const target = { registry, packageName: request.name.full };
    const has = async (permission: Permission): Promise<boolean> =>
      (await deps.access.ask({ principal, permission, target })).allowed;
    await deps.access.assertMay({ principal, permission: "publish", target });
    await refuseShadowing(deps, registry, request.name.full);
    assertNotFrozen((await deps.registries.snapshot()).byId.get(registry.id) ?? registry);
    await publish(deps, {
      registry,
      registryUrl: `${context.baseUrl ?? ""}/npm/${registry.name}`,
      publisher: await publisherFrom(deps, principal, { address: context.ip, userAgent: context.userAgent }),
      mayOverwrite: registry.allowOverwrite && (await has("overwrite")),
      request,
    });
    return { package: request.name.full, version: request.version, tags: [...request.tags.keys()] };
  } finally {
    await request.tarball.discard();
  }
}

async function pull(context: Context): Promise<unknown> {
  const { deps, principal } = context;
  const { registry, name } = await packageOf(context);
  const version = versionFrom(context.param("version"));
  const wanted = { registry, name: parsePackageName(name), version, requester: nameOf(principal) };
  const { sizeBytes } = await deps.tarballs.get(wanted);
  // It is to be in lists when this is answered.
  await deps.cachedVersions.settle();
  return { package: name, version, sizeBytes };
}

const OF_PACKAGE = { registryIn: "name", packageIn: "package" } as const;
const PACKAGE = "/registries/:name/packages/:package";

/** Writes to packages, as the npm protocol has them, for who has no client at hand. */
export const PACKAGE_WRITE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    ...OF_PACKAGE,
    id: "tag-version",
    method: "PUT",
    path: `${PACKAGE}/tags/:tag`,
    permission: "tag",
    body: tagBody,
    handler: putTag,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "untag-version",
    method: "DELETE",
    path: `${PACKAGE}/tags/:tag`,
    permission: "tag",
    body: NO_BODY,
    handler: removeTag,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "deprecate-version",
    method: "PUT",
    path: `${PACKAGE}/versions/:version/deprecation`,
    permission: "deprecate",
    body: deprecationBody,
    handler: deprecate,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "unpublish-version",
    method: "DELETE",
    path: `${PACKAGE}/versions/:version`,
    permission: "unpublish",
    body: NO_BODY,
    handler: removeVersion,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "unpublish-package",
    method: "DELETE",
    path: PACKAGE,
    permission: "unpublish",
    body: NO_BODY,
    handler: removePackage,
  }),
  apiRoute({
    id: "upload-package",
    method: "POST",
    path: "/registries/:name/packages",
    permission: "publish",
    registryIn: "name",
    body: tarballBody,
    status: 201,
    handler: upload,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "pull-version",
    method: "POST",
    path: `${PACKAGE}/versions/:version/pull`,
    permission: "download",
    body: NO_BODY,
    handler: pull,
  }),
];
