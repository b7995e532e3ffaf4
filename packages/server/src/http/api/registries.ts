import { z } from "zod";
import {
  EntrepotError,
  may,
  type ListedVersionAnswer,
  type PageAnswer,
  type Permission,
  type PermissionAnswer,
  type RegistryAnswer,
  type ShownRegistryAnswer,
} from "@entrepot/core";
import {
  addClaim,
  changeRegistry,
  countPackages,
  createRegistry,
  deleteRegistry,
  lostAuditTarget,
  isListedForAll,
  listPackages,
  removeClaim,
  setRegistryGroups,
  setRegistryUpstreams,
  setUpstreamFilter,
  type JudgedListing,
  type Registry,
} from "../../registry/index.ts";
import { actorOf, apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOrNull } from "./iso-of.ts";
import { limitOf, pageOf, wholeList } from "./page.ts";
import { permissionsOn } from "./permissions-on.ts";

const settings = {
  description: z.string().max(500).optional(),
  anonymousRead: z.boolean().optional(),
  active: z.boolean().optional(),
  host: z.string().max(255).nullable().optional(),
  allowOverwrite: z.boolean().optional(),
  refusalStatus: z.literal([403, 404]).optional(),
  frozen: z.boolean().optional(),
  protected: z.boolean().optional(),
  audit: z.literal(["own", "off", "forward"]).optional(),
  auditUpstream: z.string().max(50).nullable().optional(),
  auditUrl: z.string().max(2000).nullable().optional(),
};
const registryBody = z.strictObject({
  name: z.string().max(100),
  kind: z.enum(["standard", "firewall"]).optional(),
  ...settings,
});
const changeBody = z.strictObject(settings);
const groupsBody = z.strictObject({ groups: z.array(z.string().max(100)).max(50) });
const patterns = z.array(z.string().max(600)).max(1000).default([]);
const filterBody = z.strictObject({ allow: patterns, block: patterns });
const upstreamsBody = z.strictObject({ upstreams: z.array(z.string().max(100)).max(100) });

/** A registry as the API shows it. */
function shown(context: ApiContext<unknown>, registry: Registry): RegistryAnswer {
  return {
    name: registry.name,
    description: registry.description,
    url: `${context.baseUrl ?? ""}/npm/${registry.name}/`,
    anonymousRead: registry.anonymousRead,
    active: registry.active,
    host: registry.host,
    allowOverwrite: registry.allowOverwrite,
    refusalStatus: registry.refusalStatus,
    audit: registry.audit.mode,
    auditUpstream: registry.audit.upstream,
    auditUrl: registry.audit.url,
    kind: registry.kind,
    protected: registry.isProtected,
    frozen: registry.frozenAt !== null,
    frozenSince: isoOrNull(registry.frozenAt),
    managed: registry.managed,
    upstreams: registry.upstreams.map((upstream) => upstream.name),
    filters: registry.upstreams.flatMap(({ id, name }) => {
      const filter = registry.filters.get(id);
      return filter === undefined ? [] : [{ upstream: name, allow: filter.allow, block: filter.block }];
    }),
    claims: registry.claims,
    groups: registry.groups,
    createdAt: new Date(registry.createdAt).toISOString(),
    updatedAt: new Date(registry.updatedAt).toISOString(),
  };
}

async function list(context: ApiContext<unknown>): Promise<PageAnswer<RegistryAnswer>> {
  const { byName } = await context.deps.registries.snapshot();
  const limit = limitOf(context.query("limit"));
  const after = context.query("cursor") ?? "";
  const { principal } = context;
  const policy = await context.deps.access.policy();
  const rows = [...byName.values()]
    .filter((registry) => registry.name > after)
    .filter((registry) => {
      const target = { registry, packageName: null };
      return may({ principal, permission: "view", target }, policy).allowed;
    })
    .slice(0, limit + 1);
  const page = pageOf(rows, limit, (registry) => registry.name);
  return { ...page, items: page.items.map((registry) => shown(context, registry)) };
}

async function show(
  context: ApiContext<unknown>,
  name = context.param("name"),
): Promise<ShownRegistryAnswer> {
  // A write of this very request is in the change log, but its news may not have been heard yet.
  await context.deps.changes.refresh();
  const registry = await registryOf(context, name);
  const { deps, principal } = context;
  return {
    ...shown(context, registry),
    warnings: await warningsOf(context, registry),
    may: await permissionsOn(deps, { principal, registry }),
  };
}

/** What whoever runs the registry should know of how it is set up. */
async function warningsOf({ deps }: ApiContext<unknown>, registry: Registry): Promise<string[]> {
  const unbound = registry.host === null ? null : deps.registryWrites.hostProblem(registry.host);
  const own = registry.anonymousRead ? await countPackages(deps.db.read, registry.id) : 0;
  const lost = lostAuditTarget(registry);
  return [
    ...(unbound === null ? [] : [unbound]),
    ...(own === 0 ? [] : [openWarning(own)]),
    ...(lost === null ? [] : [lost]),
  ];
}

function openWarning(own: number): string {
  const what =
    own === 1 ? "the package that was published here" : `the ${own} packages that were published here`;
  return `Anyone who reaches this server can read ${what}; close the registry with anonymousRead: false.`;
}

async function heldVersions(context: ApiContext<unknown>): Promise<PageAnswer<ListedVersionAnswer>> {
  const registry = await registryOf(context, context.param("name"));
  const limit = limitOf(context.query("limit"));
  const rows = await listPackages(context.deps, {
    registry,
    after: context.query("cursor") ?? "",
    limit: limit + 1,
    text: context.query("text") ?? "",
  });
  const page = pageOf(rows, limit, (row) => `${row.name}\n${row.version}`);
  const { principal } = context;
  const policy = await context.deps.access.policy();
  const has = (permission: Permission, packageName: string | null): boolean =>
    may({ principal, permission, target: { registry, packageName } }, policy).allowed;
  const seen = page.items.filter(({ name }) => has("view", name));
  const isManager = has("manage-registry", null);
  const items = isManager ? seen.map(withStatus) : seen.filter(isListedForAll).map(withoutVerdict);
  return { ...page, items };
}

// Who manages the policy sees what it refuses to others, and why.
function withStatus(listing: JudgedListing): ListedVersionAnswer {
  const { refusal, isUnlisted } = listing;
  const status = refusal?.outcome ?? "allow";
  return { ...withoutVerdict(listing), status, reason: refusal?.reason ?? null, isUnlisted };
}

function withoutVerdict({
  refusal: _refusal,
  isUnlisted: _isUnlisted,
  ...listed
}: JudgedListing): ListedVersionAnswer {
  return listed;
}

// What reaches beyond the registry, such as a host name, a URL or an upstream's credential, needs it on the workspace.
async function answerOnWorkspace({ deps, principal }: ApiContext<unknown>): Promise<PermissionAnswer> {
  const target = { registry: null, packageName: null };
  return await deps.access.ask({ principal, permission: "manage-registry", target });
}

async function assertMaySet(
  context: ApiContext<unknown>,
  { host, auditUrl }: { host?: string | null | undefined; auditUrl?: string | null | undefined },
): Promise<void> {
  const wish = host !== undefined ? "host name" : "auditUrl";
  // To take a URL away reaches nowhere.
  if (host === undefined && (auditUrl ?? null) === null) return;
  const { allowed, code } = await answerOnWorkspace(context);
  if (allowed) return;
  throw new EntrepotError("permission-denied", {
    message: `A registry's ${wish} is set by who has the permission manage-registry on the workspace.`,
    details: { code },
  });
}

/** Registries, what they hold, which names they claim and which upstreams they ask. */
export const REGISTRY_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-registries",
    method: "GET",
    path: "/registries",
    permission: "user",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "create-registry",
    method: "POST",
    path: "/registries",
    permission: "manage-registry",
    body: registryBody,
    status: 201,
    async handler(context) {
      const { name, ...values } = context.body;
      await createRegistry(context.deps.registryWrites, actorOf(context), { name, ...defined(values) });
      return await show(context, name);
    },
  }),
  apiRoute({
    id: "show-registry",
    method: "GET",
    path: "/registries/:name",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    id: "change-registry",
    method: "PATCH",
    path: "/registries/:name",
    permission: "manage-registry",
    registryIn: "name",
    body: changeBody,
    async handler(context) {
      const name = context.param("name");
      await assertMaySet(context, context.body);
      await changeRegistry(context.deps.registryWrites, actorOf(context), { name, ...defined(context.body) });
      return await show(context);
    },
  }),
  apiRoute({
    id: "delete-registry",
    method: "DELETE",
    path: "/registries/:name",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: (context) =>
      deleteRegistry(context.deps.registryWrites, actorOf(context), context.param("name")),
  }),
  apiRoute({
    id: "set-registry-upstreams",
    method: "PUT",
    path: "/registries/:name/upstreams",
    permission: "manage-registry",
    registryIn: "name",
    body: upstreamsBody,
    async handler(context) {
      await setRegistryUpstreams(context.deps.registryWrites, actorOf(context), {
        name: context.param("name"),
        ...context.body,
        mayUseCredentials: (await answerOnWorkspace(context)).allowed,
      });
      return await show(context);
    },
  }),
  apiRoute({
    id: "set-upstream-filter",
    method: "PUT",
    path: "/registries/:name/upstreams/:upstream/filter",
    permission: "manage-registry",
    registryIn: "name",
    body: filterBody,
    async handler(context) {
      const [name, upstream] = [context.param("name"), context.param("upstream")];
      const input = { name, upstream, filter: context.body };
      await setUpstreamFilter(context.deps.registryWrites, actorOf(context), input);
      return await show(context);
    },
  }),
  apiRoute({
    id: "set-registry-groups",
    method: "PUT",
    path: "/registries/:name/groups",
    // Whoever puts a registry into a group changes who may do what there.
    permission: "administer",
    body: groupsBody,
    async handler(context) {
      const name = context.param("name");
      await setRegistryGroups(context.deps.registryWrites, actorOf(context), { name, ...context.body });
      return await show(context);
    },
  }),
  apiRoute({
    id: "list-held-versions",
    method: "GET",
    path: "/registries/:name/versions",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: heldVersions,
  }),
  apiRoute({
    id: "list-claims",
    method: "GET",
    path: "/registries/:name/claims",
    permission: "view",
    registryIn: "name",
    body: NO_BODY,
    handler: async (context) => wholeList([...(await registryOf(context, context.param("name"))).claims]),
  }),
  apiRoute({
    id: "add-claim",
    method: "PUT",
    path: "/registries/:name/claims/:pattern",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: (context) =>
      addClaim(context.deps.registryWrites, actorOf(context), {
        name: context.param("name"),
        pattern: context.param("pattern"),
      }),
  }),
  apiRoute({
    id: "remove-claim",
    method: "DELETE",
    path: "/registries/:name/claims/:pattern",
    permission: "manage-registry",
    registryIn: "name",
    body: NO_BODY,
    handler: (context) =>
      removeClaim(context.deps.registryWrites, actorOf(context), {
        name: context.param("name"),
        pattern: context.param("pattern"),
      }),
  }),
];

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Leaves out what was not given, so that it stays as it is. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
