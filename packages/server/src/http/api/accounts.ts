import { z } from "zod";
import { apiRoute, type ApiRoute } from "./api-route.ts";

const loginBody = z.strictObject({ user: z.string().max(255), password: z.string().max(4096) });

/** Logging in. */
export const ACCOUNT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "login",
    method: "POST",
    path: "/login",
    permission: "none",
    body: loginBody,
    async handler(context) {
      const { token } = await context.deps.identity.login({
        ...context.body,
        address: context.ip,
        client: context.userAgent,
      });
      return { token };
    },
  }),
];
