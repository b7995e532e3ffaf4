import { EntrepotError } from "@entrepot/core";
import {
  foldOrganizationName,
  foldUserName,
  judgeForAsker,
  judgeForTeam,
  judgeForUser,
  principalOf,
  requireOrganization,
  requireTeam,
  type AccessJudge,
  type PackageAccess,
} from "../../identity/index.ts";
import { listOwnNames } from "../../registry/index.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { requireKnown } from "../require-user.ts";
import { teamIn } from "./organizations.ts";

/** Most packages that are looked at for one answer: this part of the protocol knows no pages. */
const NAMES_MAX = 10_000;
/** Between so many the server answers others. */
const NAMES_AT_ONCE = 500;

/** `GET /-/org/:org/package`: packages of the organization's scope, with what the asker may do with each. */
export async function getOrganizationPackages(context: NpmContext): Promise<Answer> {
  const organization = valueOf(context.params, "org");
  await requireOrganization(context.deps, organization);
  return await listed(context, { judge: null, scope: `@${foldOrganizationName(organization)}` });
}

/** `GET /-/team/:org/:team/package`: packages on which the team was given something. */
export async function getTeamPackages(context: NpmContext): Promise<Answer> {
  const { id } = await requireTeam(context.deps, teamIn(context));
  return await listed(context, { judge: await judgeForTeam(context.deps, id) });
}

/** `GET /-/user/:user/package`: packages that a user may publish, or was given to read. Others ask with `view-teams`. */
export async function getUserPackages(context: NpmContext): Promise<Answer> {
  const known = requireKnown(context.principal);
  const { deps, principal } = context;
  const name = valueOf(context.params, "user");
  const isOneself = known.kind === "user" && known.name === foldUserName(name) && !known.mustChangePassword;
  if (!isOneself) {
    const target = { registry: null, packageName: null };
    await deps.access.assertMay({ principal, permission: "view-teams", target });
  }
  const user = await deps.identity.findUser(name);
  if (user === null) throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
  return await listed(context, { judge: judgeForUser(principalOf(user), await deps.access.policy()) });
}

/** Judges the packages of the registry that the asker may see, one after another; for the asker where there is no judge. */
async function listed(
  context: NpmContext,
  { judge, scope }: { judge: AccessJudge | null; scope?: string },
): Promise<Answer> {
  const { registry, deps } = context;
  const seen = judgeForAsker(context.principal, await deps.access.policy());
  const found = new Map<string, PackageAccess>();
  let after = "";
  for (let count = 0; count < NAMES_MAX; count += NAMES_AT_ONCE) {
    const page = { registryId: registry.id, after, limit: NAMES_AT_ONCE };
    const names = await listOwnNames(deps.db.read, scope === undefined ? page : { ...page, scope });
    for (const packageName of names) {
      const target = { registry, packageName };
      const own = seen(target);
      const access = own === null || judge === null ? own : judge(target);
      if (access !== null) found.set(packageName, access);
    }
    after = names.at(-1) ?? "";
    if (names.length < NAMES_AT_ONCE) break;
  }
  return jsonAnswer(200, Object.fromEntries(found));
}
