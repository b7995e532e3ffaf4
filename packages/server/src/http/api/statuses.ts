import { z } from "zod";
import { EntrepotError, may, type Permission, type PageAnswer, type StatusAnswer } from "@entrepot/core";
import type { PackageMark, StatusKey } from "../../firewall/index.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { EVERY_REGISTRY } from "./every-registry.ts";
import { wholeList } from "./page.ts";

const PATH = "/registries/:name/packages/:package/versions/:version/status";
const statusBody = z.strictObject({
  status: z.enum(["blocked", "held", "allowed", "deprecated", "unlisted"]),
  reason: z.string().max(500).default(""),
});
const MARKS: readonly PackageMark[] = ["deprecated", "unlisted"];

function markOf(status: string): PackageMark | null {
  return MARKS.find((mark) => mark === status) ?? null;
}

async function keyOf(context: ApiContext<unknown>): Promise<StatusKey> {
  const name = context.param("name");
  const registryId = name === EVERY_REGISTRY ? "" : (await registryOf(context, name)).id;
  return {
    workspaceId: context.deps.workspaceId,
    registryId,
    name: context.param("package"),
    version: context.param("version"),
  };
}

// Who may see a package is told what holds for it; why, and by whom, is for those who could have said it.
async function list({ deps, principal }: ApiContext<unknown>): Promise<PageAnswer<StatusAnswer>> {
  const { byId } = await deps.registries.snapshot();
  const policy = await deps.access.policy();
  const { statuses, workspaceId } = deps;
  const entries = [...(await statuses.list(workspaceId)), ...(await statuses.marks.list(workspaceId))];
  const items = entries.flatMap(({ registryId, setAt, reason, setBy, ...entry }): StatusAnswer[] => {
    const registry = byId.get(registryId) ?? null;
    const target = { registry, packageName: entry.name };
    const has = (permission: Permission): boolean => may({ principal, permission, target }, policy).allowed;
    if (!has("view")) return [];
    const isManager = has("manage-registry");
    const shown = {
      registry: registryId === "" ? EVERY_REGISTRY : (registry?.name ?? null),
      ...entry,
      reason: isManager ? reason : null,
      setBy: isManager ? setBy : null,
      setAt: new Date(setAt).toISOString(),
    };
    return [shown];
  });
  return wholeList(items);
}

async function set(context: ApiContext<z.infer<typeof statusBody>>): Promise<unknown> {
  const { status, reason } = context.body;
  const key = await keyOf(context);
  const { statuses } = context.deps;
  const { actor } = actorOf(context);
  if (status === "deprecated" || status === "unlisted") {
    if (status === "deprecated" && reason.trim() === "") {
      throw new EntrepotError("request-invalid", {
        message: "Give a reason: clients print it as the warning.",
      });
    }
    await statuses.marks.set(key, { mark: status, reason, actor });
  } else {
    await statuses.set(key, { status, reason, actor });
  }
  return { name: key.name, version: key.version, status, reason };
}

/** Takes back one status, or all that was said of the version where none is named. */
async function clear(context: ApiContext<unknown>): Promise<void> {
  const wanted = context.query("status");
  if (wanted !== undefined && !statusBody.shape.status.safeParse(wanted).success) {
    const known = statusBody.shape.status.options.join(", ");
    throw new EntrepotError("request-invalid", { message: `A status is one of ${known}.` });
  }
  const key = await keyOf(context);
  const { statuses } = context.deps;
  const { actor } = actorOf(context);
  const marks = wanted === undefined ? MARKS : MARKS.filter((mark) => mark === wanted);
  const isStatus = wanted === undefined || markOf(wanted) === null;
  let isKnown = isStatus && (await statuses.clear(key, actor));
  for (const mark of marks) isKnown = (await statuses.marks.clear(key, { mark, actor })) || isKnown;
  if (!isKnown) throw new EntrepotError("not-found", { message: "No status was set for this version." });
}

/**
 * What operators said of single versions: blocked, held until somebody has looked, or always allowed; and beside that,
 * deprecated, so that clients warn, or unlisted.
 */
export const STATUS_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-statuses",
    method: "GET",
    path: "/statuses",
    permission: "user",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "set-status",
    method: "PUT",
    path: PATH,
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: statusBody,
    handler: set,
  }),
  apiRoute({
    id: "clear-status",
    method: "DELETE",
    path: PATH,
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: NO_BODY,
    handler: clear,
  }),
];
