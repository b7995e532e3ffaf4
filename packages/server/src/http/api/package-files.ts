import {
  EntrepotError,
  type DiffAnswer,
  type DiffSideAnswer,
  type FileTextAnswer,
  type PackageFilesAnswer,
} from "@entrepot/core";
import { showPackage, type ReviewedVersion } from "../../registry/index.ts";
import { nameOf } from "../require-user.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { limitOf, pageOf } from "./page.ts";
import { packageOf, versionFrom, type AskedPackage } from "./package-of.ts";

const PATH_CHARS_MAX = 1000;

type Context = ApiContext<unknown>;

async function reviewed(context: Context, asked: AskedPackage, version: string): Promise<ReviewedVersion> {
  return { ...asked, version: versionFrom(version), requester: nameOf(context.principal) };
}

async function listFiles(context: Context): Promise<PackageFilesAnswer> {
  const wanted = await reviewed(context, await packageOf(context), context.param("version"));
  const { files, fileCount, unpackedSizeBytes } = await context.deps.packageFiles.read(wanted, null);
  context.noteLook(wanted);
  const limit = limitOf(context.query("limit"));
  const [after, text] = [context.query("cursor") ?? "", context.query("query") ?? ""];
  const rows = files.filter(({ path }) => path > after && path.includes(text)).slice(0, limit + 1);
  return { ...pageOf(rows, limit, ({ path }) => path), fileCount, unpackedSizeBytes };
}

async function showFile(context: Context): Promise<FileTextAnswer> {
  const wanted = await reviewed(context, await packageOf(context), context.param("version"));
  const path = queried(context, "path").slice(0, PATH_CHARS_MAX);
  const { file } = await context.deps.packageFiles.read(wanted, path);
  context.noteLook(wanted);
  if (file !== null) return { version: wanted.version, ...file };
  throw new EntrepotError("not-found", {
    message: `${wanted.name}@${wanted.version} has no file ${path}.`,
  });
}

async function diff(context: Context): Promise<DiffAnswer> {
  const asked = await packageOf(context);
  const before = await reviewed(context, asked, queried(context, "from"));
  const after = await reviewed(context, asked, queried(context, "to"));
  const found = await context.deps.packageFiles.diff(before, after);
  for (const side of [before, after]) context.noteLook(side);
  return {
    package: asked.name,
    from: await sideOf(context, before),
    to: await sideOf(context, after),
    ...found,
  };
}

/** What of a version is not in its tarball, and should not change unnoticed. */
async function sideOf(
  { deps }: Context,
  { registry, name, version }: ReviewedVersion,
): Promise<DiffSideAnswer> {
  const page = { after: null, limit: 0, text: "" };
  const { asked } = await showPackage(deps, { registry, name, page, among: "all", version });
  const publishedAt = asked?.publishedAt ?? null;
  const details = asked?.details ?? null;
  if (details === null) {
    return { version, publishedAt, publisher: null, maintainers: [], licence: null, predicateType: null };
  }
  return {
    version,
    publishedAt,
    publisher: asked?.publishedBy ?? details.publisher,
    maintainers: details.maintainers.map((person) => person.name),
    licence: details.license.spdx ?? details.license.raw,
    predicateType: details.attestations,
  };
}

function queried(context: Context, name: string): string {
  const value = context.query(name) ?? "";
  if (value !== "") return value;
  throw new EntrepotError("request-invalid", { message: `Say "${name}" in the query.` });
}

const OF_PACKAGE = {
  permission: "download",
  registryIn: "name",
  packageIn: "package",
  body: NO_BODY,
} as const;
const PACKAGE = "/registries/:name/packages/:package";

/** What is in tarballs, for people: files, and how two versions differ. */
export const PACKAGE_FILE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    ...OF_PACKAGE,
    id: "list-files",
    method: "GET",
    path: `${PACKAGE}/versions/:version/files`,
    handler: listFiles,
  }),
  apiRoute({
    ...OF_PACKAGE,
    id: "show-file",
    method: "GET",
    path: `${PACKAGE}/versions/:version/file`,
    handler: showFile,
  }),
  apiRoute({ ...OF_PACKAGE, id: "diff-versions", method: "GET", path: `${PACKAGE}/diff`, handler: diff }),
];
