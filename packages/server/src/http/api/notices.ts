import { listNotices, markNoticesRead, type Notice } from "../../firewall/index.ts";
import { requireUser } from "../require-user.ts";
import { apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf, isoOrNull } from "./iso-of.ts";
import { wholeList } from "./page.ts";

function shown({ createdAt, readAt, ...rest }: Notice): Record<string, unknown> {
  return { ...rest, createdAt: isoOf(createdAt), readAt: isoOrNull(readAt) };
}

function mine({ deps, principal }: ApiContext<unknown>): { workspaceId: string; userName: string } {
  return { workspaceId: deps.workspaceId, userName: requireUser(principal).name };
}

/** What a user is to be told when they look. */
export const NOTICE_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-notices",
    method: "GET",
    path: "/notices",
    permission: "self",
    body: NO_BODY,
    async handler(context) {
      const withRead = context.query("all") === "true";
      return wholeList((await listNotices(context.deps, { ...mine(context), withRead })).map(shown));
    },
  }),
  apiRoute({
    id: "read-notices",
    method: "POST",
    path: "/notices/read",
    permission: "self",
    body: NO_BODY,
    handler: async (context) => ({ read: await markNoticesRead(context.deps, mine(context)) }),
  }),
];
