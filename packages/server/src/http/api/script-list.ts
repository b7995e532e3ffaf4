import { EntrepotError, may, SCRIPT_LIST_FORMATS, scriptList, type ScriptListFormat } from "@entrepot/core";
import { approvedScripts } from "../../firewall/index.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";

function formatIn(context: ApiContext<unknown>): ScriptListFormat {
  const text = context.query("format") ?? "npm";
  const format = SCRIPT_LIST_FORMATS.find((known) => known === text);
  if (format !== undefined) return format;
  throw new EntrepotError("request-invalid", {
    message: `"format" is one of ${SCRIPT_LIST_FORMATS.join(", ")}.`,
  });
}

async function answer(context: ApiContext<unknown>): Promise<unknown> {
  const format = formatIn(context);
  const { deps, principal } = context;
  const registry = await registryOf(context, context.param("name"));
  const policy = await deps.access.policy();
  const place = { workspaceId: deps.workspaceId, registryId: registry.id };
  const packages = (await approvedScripts(deps, place)).filter(
    ({ name }) =>
      may({ principal, permission: "view", target: { registry, packageName: name } }, policy).allowed,
  );
  return { registry: registry.name, format, ...scriptList(format, packages), packages };
}

/** Approved install scripts, in the form of a client's configuration. */
export const SCRIPT_LIST_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "script-list",
    method: "GET",
    path: "/registries/:name/approved-scripts",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: answer,
  }),
];
