import { EntrepotError, type Permission } from "@entrepot/core";
import {
  listCollaborators,
  PUBLIC_GRANT,
  removePackageGrant,
  requireTeam,
  setPackageGrant,
  TEAM_GRANTS,
} from "../../identity/index.ts";
import { requirePackage, unpublishedError } from "../../registry/index.ts";
import { npmActor } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf } from "../match-route.ts";
import { assertMayHere } from "../may-here.ts";
import { requireKnown } from "../require-user.ts";
import { readFields } from "./body-fields.ts";
import { nothing, teamIn } from "./organizations.ts";

/** `GET /-/package/:package/visibility`: whether anyone may see it, as clients ask before they make provenance. */
export async function visibility(context: NpmContext): Promise<Answer> {
  return jsonAnswer(200, { public: await isPublic(context, await ownName(context)) });
}

/** `GET /-/package/:package/access`, as pnpm asks. */
export async function getAccess(context: NpmContext): Promise<Answer> {
  return jsonAnswer(200, await accessNow(context, await ownName(context)));
}

/** `POST /-/package/:package/access` with `{access}`: opens a package to everyone, or takes that back. */
export async function postAccess(context: NpmContext): Promise<Answer> {
  const fields = await readFields(context);
  if (!fields.has("access") && fields.has("publish_requires_tfa")) {
    throw new EntrepotError("request-invalid", {
      message: "This server does not offer two-factor authentication for publishing yet.",
    });
  }
  const access = fields.text("access");
  const packageName = await ownName(context);
  const grant = {
    registryId: context.registry.id,
    packageName,
    subject: { kind: "everyone" },
    actor: npmActor(context),
  } as const;
  if (access === "public") {
    await assertMayOpen(context);
    await assertHolds(context, packageName, PUBLIC_GRANT);
    await setPackageGrant(context.deps, { ...grant, permissions: PUBLIC_GRANT });
  } else if (access === "restricted" || access === "private") {
    await removePackageGrant(context.deps, grant);
  } else {
    throw new EntrepotError("request-invalid", { message: '"access" is public or restricted.' });
  }
  await context.deps.changes.refresh();
  return jsonAnswer(200, await accessNow(context, packageName));
}

/** `GET /-/package/:package/collaborators`: who may publish or download it; an array with `?format=cli`, as pnpm asks. */
export async function collaborators(context: NpmContext): Promise<Answer> {
  await assertMayHere(context, "view");
  const packageName = await ownName(context);
  const policy = await context.deps.access.policy();
  const target = { registry: context.registry, packageName };
  const found = await listCollaborators(context.deps, { policy, target });
  if (context.query.get("format") !== "cli") return jsonAnswer(200, Object.fromEntries(found));
  return jsonAnswer(
    200,
    [...found].map(([user, permissions]) => ({ user, permissions })),
  );
}

/** `PUT /-/team/:org/:team/package` with `{package, permissions}`: gives a team `read-only` or `read-write` on a package. */
export async function putTeamPackage(context: NpmContext): Promise<Answer> {
  requireKnown(context.principal);
  const fields = await readFields(context);
  const packageName = fields.text("package");
  await assertMayGrant(context, packageName);
  const wanted = fields.text("permissions");
  if (wanted !== "read-only" && wanted !== "read-write") {
    throw new EntrepotError("request-invalid", { message: '"permissions" is read-only or read-write.' });
  }
  const permissions = TEAM_GRANTS[wanted];
  await assertHolds(context, packageName, permissions);
  await requirePackage(context.deps.db.read, { registryId: context.registry.id, name: packageName });
  await setPackageGrant(context.deps, { ...(await teamGrant(context, packageName)), permissions });
  return jsonAnswer(201, { package: packageName, permissions: wanted });
}

/** `DELETE /-/team/:org/:team/package` with `{package}`. */
export async function deleteTeamPackage(context: NpmContext): Promise<Answer> {
  requireKnown(context.principal);
  const packageName = (await readFields(context)).text("package");
  await assertMayGrant(context, packageName);
  const { organization, team } = teamIn(context);
  if (await removePackageGrant(context.deps, await teamGrant(context, packageName))) return nothing();
  throw new EntrepotError("not-found", {
    message: `The team ${organization}:${team} was given nothing on ${packageName} in this registry.`,
  });
}

async function teamGrant(
  context: NpmContext,
  packageName: string,
): Promise<Parameters<typeof removePackageGrant>[1]> {
  const { id } = await requireTeam(context.deps, teamIn(context));
  const subject = { kind: "team", id } as const;
  return { registryId: context.registry.id, packageName, subject, actor: npmActor(context) };
}

async function assertMayGrant(context: NpmContext, packageName: string): Promise<void> {
  const { principal, registry, deps } = context;
  await deps.access.assertMay({ principal, permission: "manage-access", target: { registry, packageName } });
}

// Strangers in a closed registry are a matter of the registry, not of who publishes there.
async function assertMayOpen({ principal, registry, deps }: NpmContext): Promise<void> {
  const target = { registry, packageName: null };
  const { allowed, code } = await deps.access.ask({ principal, permission: "manage-registry", target });
  if (allowed) return;
  throw new EntrepotError("permission-denied", {
    message:
      `A package is made public by who has the permission manage-registry on the registry ${registry.name}; ` +
      "ask an administrator.",
    details: { code },
  });
}

// Whoever may change who uses a package gives what they have, and lifts no restriction for others.
async function assertHolds(
  { principal, registry, deps }: NpmContext,
  packageName: string,
  permissions: readonly Permission[],
): Promise<void> {
  for (const permission of permissions) {
    await deps.access.assertMay({ principal, permission, target: { registry, packageName } });
  }
}

// Of an upstream's packages nobody here decides who may see them.
async function ownName(context: NpmContext): Promise<string> {
  const name = packageOf(context.params).full;
  const origin = await context.deps.origins.of(context.registry, name);
  if (origin.kind !== "local") throw new EntrepotError("package-not-found");
  if (origin.row.tombstone !== null) throw unpublishedError(name, origin.row.tombstone);
  return name;
}

async function isPublic({ deps, registry }: NpmContext, packageName: string): Promise<boolean> {
  const principal = { kind: "anonymous" } as const;
  const target = { registry, packageName };
  return (await deps.access.ask({ principal, permission: "view", target })).allowed;
}

async function accessNow(context: NpmContext, packageName: string): Promise<Record<string, unknown>> {
  const access = (await isPublic(context, packageName)) ? "public" : "restricted";
  return { access, publish_requires_tfa: false };
}
