import { z } from "zod";
import { EntrepotError, may, type Permission } from "@entrepot/core";
import type { StatusKey } from "../../firewall/index.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { wholeList } from "./page.ts";

const EVERY_REGISTRY = "*";
const PATH = "/registries/:name/packages/:package/versions/:version/status";
const statusBody = z.strictObject({
  status: z.enum(["blocked", "held", "allowed"]),
  reason: z.string().max(500).default(""),
});

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
async function list({ deps, principal }: ApiContext<unknown>): Promise<unknown> {
  const { byId } = await deps.registries.snapshot();
  const policy = await deps.access.policy();
  const entries = await deps.statuses.list(deps.workspaceId);
  const items = entries.flatMap(({ registryId, setAt, reason, setBy, ...entry }) => {
    const registry = byId.get(registryId) ?? null;
    const target = { registry, packageName: entry.name };
    const has = (permission: Permission): boolean => may({ principal, permission, target }, policy).allowed;
    if (!has("view")) return [];
    const isManager = has("manage-registry");
    return {
      registry: registryId === "" ? EVERY_REGISTRY : (registry?.name ?? null),
      ...entry,
      reason: isManager ? reason : null,
      setBy: isManager ? setBy : null,
      setAt: new Date(setAt).toISOString(),
    };
  });
  return wholeList(items);
}

/** What operators decided about single versions: blocked, held until somebody has looked, or always allowed. */
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
    async handler(context) {
      const { status, reason } = context.body;
      const key = await keyOf(context);
      await context.deps.statuses.set(key, { status, reason, actor: actorOf(context).actor });
      return { name: key.name, version: key.version, status, reason };
    },
  }),
  apiRoute({
    id: "clear-status",
    method: "DELETE",
    path: PATH,
    permission: "manage-registry",
    registryIn: "name",
    packageIn: "package",
    body: NO_BODY,
    async handler(context) {
      const isKnown = await context.deps.statuses.clear(await keyOf(context), actorOf(context).actor);
      if (!isKnown) throw new EntrepotError("not-found", { message: "No status was set for this version." });
    },
  }),
];
