import { EntrepotError, type PackageName } from "@entrepot/core";
import {
  assertNotFrozen,
  deprecateVersions,
  parsePublishRequest,
  publish,
  readPackageBody,
  refuseShadowing,
  type PackageBody,
} from "../../registry/index.ts";
import { npmActor, userAgentOf } from "../actor.ts";
import { assertMayHere, mayHere } from "../may-here.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf } from "../match-route.ts";
import { publisherFrom } from "../publisher-from.ts";

/**
 * `PUT /:package`: a publish when tarballs are attached, a change of deprecations when a whole document comes
 * without one.
 */
export async function putPackage(context: NpmContext): Promise<Answer> {
  const name = packageOf(context.params);
  const body = await readPackageBody(context.deps, context.body);
  try {
    if (body.attachments.length > 0) return await publishVersion(context, name, body);
    return await changeDocument(context, name, body.document);
  } finally {
    await Promise.all(body.attachments.map((attachment) => attachment.discard()));
  }
}

async function publishVersion(context: NpmContext, name: PackageName, body: PackageBody): Promise<Answer> {
  await assertMayHere(context, "publish");
  const request = parsePublishRequest(name, body);
  assertPublishedHere(context, request.manifest["publishConfig"]);
  await refuseShadowing(context.deps, context.registry, name.full);
  const publisher = await publisherFrom(context.deps, context.principal, {
    address: context.address.ip,
    userAgent: userAgentOf(context.request),
  });
  await assertStillOpen(context);
  const { rev } = await publish(context.deps, {
    registry: context.registry,
    registryUrl: context.registryUrl,
    publisher,
    mayOverwrite: context.registry.allowOverwrite && (await mayHere(context, "overwrite")),
    request,
  });
  return jsonAnswer(201, { ok: true, success: true, id: name.full, rev });
}

// A body can take minutes, and the registry may have been frozen meanwhile.
async function assertStillOpen({ deps, registry }: NpmContext): Promise<void> {
  assertNotFrozen((await deps.registries.snapshot()).byId.get(registry.id) ?? registry);
}

async function changeDocument(
  context: NpmContext,
  name: PackageName,
  document: Record<string, unknown>,
): Promise<Answer> {
  if (document["versions"] === undefined) {
    throw new EntrepotError("request-invalid", {
      message:
        document["users"] === undefined
          ? 'The document brings no tarball in "_attachments" and no "versions"; there is nothing to publish or change.'
          : "This server does not keep stars.",
    });
  }
  await assertMayHere(context, "deprecate");
  const { rev } = await deprecateVersions(context.deps, {
    registry: context.registry,
    name: name.full,
    actor: npmActor(context),
    document,
  });
  return jsonAnswer(201, { ok: true, success: true, id: name.full, rev });
}

// Somebody wrote down where this package belongs; publishing it elsewhere is a mistake more often than a wish.
function assertPublishedHere(context: NpmContext, publishConfig: unknown): void {
  const wanted = (publishConfig as { registry?: unknown } | null | undefined)?.registry;
  if (typeof wanted !== "string") return;
  if (URL.canParse(wanted) && leadsHere(context, new URL(wanted))) return;
  throw new EntrepotError("permission-denied", {
    message: `publishConfig.registry in package.json says ${wanted}, so this package is not published to ${context.registryUrl}/.`,
  });
}

/** Tells whether a URL is one of this registry's own, be it another than the client uses. */
function leadsHere({ registry, registryUrl, address, deps }: NpmContext, url: URL): boolean {
  const path = url.pathname
    .replace(/\/$/, "")
    .replace(/^(.*)\/r\/([^/]+)$/, "$1/npm/$2")
    .toLowerCase();
  const byName = `/npm/${registry.name}`;
  const base = deps.publicUrl === null ? "" : new URL(deps.publicUrl).pathname.replace(/\/$/, "");
  const prefixes = ["", address.pathPrefix, base].map((prefix) => prefix.toLowerCase());
  const isRoot = prefixes.includes(path);
  if (url.hostname === registry.host && isRoot) return true;
  const isOwnHost =
    url.hostname === registry.host ||
    [registryUrl, address.origin].some((here) => isSameHost(new URL(here), url)) ||
    deps.upstreamWrites.isOwnUrl(url);
  return isOwnHost && prefixes.some((prefix) => path === prefix + byName);
}

function isSameHost(one: URL, other: URL): boolean {
  return one.host === other.host || (isLoopback(one) && isLoopback(other) && one.port === other.port);
}

function isLoopback(url: URL): boolean {
  return url.hostname === "localhost" || url.hostname === "[::1]" || url.hostname.startsWith("127.");
}
