import { z } from "zod";
import { apiRoute, type ApiRoute } from "./api-route.ts";

const loginBody = z.strictObject({ user: z.string().max(255), password: z.string().max(4096) });
const passwordBody = z.strictObject({
  ...loginBody.shape,
  newPassword: z.string().max(4096),
});

/** Logging in, and the way to a password of one's own. */
export const ACCOUNT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "login",
    method: "POST",
    path: "/login",
    permission: "none",
    isSignIn: true,
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
  apiRoute({
    id: "change-own-password",
    method: "POST",
    path: "/password",
    permission: "none",
    isSignIn: true,
    body: passwordBody,
    async handler(context) {
      const { name } = await context.deps.identity.changeOwnPassword({
        ...context.body,
        address: context.ip,
        client: context.userAgent,
      });
      return { user: name };
    },
  }),
];
