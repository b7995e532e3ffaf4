import { z } from "zod";
import { EntrepotError, ROLES, type PageAnswer, type UserAnswer } from "@entrepot/core";
import type { User } from "../../identity/index.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { assertMayBeOwner, assertWhole } from "./owners.ts";
import { limitOf } from "./page.ts";

const role = z.enum(ROLES);
const userBody = z.strictObject({
  name: z.string().max(255),
  password: z.string().max(4096).nullable().default(null),
  role: role.default("developer"),
  email: z.string().max(254).nullable().default(null),
});
const userChange = z.strictObject({
  password: z.string().max(4096).optional(),
  role: role.optional(),
  email: z.string().max(254).nullable().optional(),
  disabled: z.boolean().optional(),
});

function shownUser(user: User): UserAnswer {
  return {
    name: user.name,
    displayName: user.displayName,
    fullName: user.fullName,
    email: user.email,
    role: user.role,
    disabled: user.disabled,
    createdAt: isoOf(user.createdAt),
    updatedAt: isoOf(user.updatedAt),
  };
}

async function listUsers(context: ApiContext<unknown>): Promise<PageAnswer<UserAnswer>> {
  const page = await context.deps.identity.listUsers({
    after: context.query("cursor") ?? null,
    limit: limitOf(context.query("limit")),
    text: context.query("text") ?? "",
  });
  return { items: page.items.map(shownUser), next: page.next };
}

async function showUser({ deps, param }: ApiContext<unknown>): Promise<UserAnswer> {
  const user = await deps.identity.findUser(param("name"));
  if (user !== null) return shownUser(user);
  throw new EntrepotError("not-found", { message: `There is no user "${param("name")}".` });
}

/** The users of the workspace. */
export const USER_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-users",
    method: "GET",
    path: "/users",
    permission: "administer",
    body: NO_BODY,
    handler: listUsers,
  }),
  apiRoute({
    id: "show-user",
    method: "GET",
    path: "/users/:name",
    permission: "administer",
    body: NO_BODY,
    handler: showUser,
  }),
  apiRoute({
    id: "create-user",
    method: "POST",
    path: "/users",
    permission: "administer",
    body: userBody,
    status: 201,
    async handler(context) {
      assertMayBeOwner(context, [context.body.role]);
      if (context.body.role === "admin") assertWhole(context);
      const { actor } = actorOf(context);
      return shownUser(await context.deps.identity.createUser({ ...context.body, actor }));
    },
  }),
  apiRoute({
    id: "change-user",
    method: "PATCH",
    path: "/users/:name",
    permission: "administer",
    body: userChange,
    async handler(context) {
      const { password, role: newRole, email, disabled } = context.body;
      const before = await context.deps.identity.findUser(context.param("name"));
      assertMayBeOwner(context, [newRole, before?.role]);
      if (password !== undefined || newRole !== undefined) assertWhole(context);
      const user = await context.deps.identity.changeUser({
        name: context.param("name"),
        actor: actorOf(context).actor,
        ...(password === undefined ? {} : { password }),
        ...(newRole === undefined ? {} : { role: newRole }),
        ...(email === undefined ? {} : { email }),
        ...(disabled === undefined ? {} : { disabled }),
      });
      return shownUser(user);
    },
  }),
];
