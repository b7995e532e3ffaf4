import { z } from "zod";
import {
  EntrepotError,
  ROLES,
  type InvitationAnswer,
  type PageAnswer,
  type Role,
  type SentInvitationAnswer,
} from "@entrepot/core";
import type { Invitation, NewInvitation } from "../../identity/index.ts";
import { assertInviting } from "../inviting.ts";
import { INVITATION_PATH } from "../pages/invitation.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOf } from "./iso-of.ts";
import { assertMayBeOwner } from "./owners.ts";
import { wholeList } from "./page.ts";

const invitationBody = z.strictObject({
  email: z.string().max(254).nullable().default(null),
  role: z.enum(ROLES).default("developer"),
});
const signUpBody = z.strictObject({
  code: z.string().max(100).nullable().default(null),
  name: z.string().max(255),
  password: z.string().max(4096),
  email: z.string().max(254).nullable().default(null),
});

function shown(invitation: Invitation): InvitationAnswer {
  const { createdAt, expiresAt, ...rest } = invitation;
  return { ...rest, createdAt: isoOf(createdAt), expiresAt: isoOf(expiresAt) };
}

// Whoever invited has the code too, so that a mail that is lost is no more than that.
async function sent(
  context: ApiContext<unknown>,
  { code, ...rest }: NewInvitation,
): Promise<SentInvitationAnswer> {
  const { mailer } = context.deps;
  const url = context.baseUrl === null ? null : `${context.baseUrl}${INVITATION_PATH}?code=${code}`;
  const isMailed =
    mailer !== null &&
    rest.email !== null &&
    (await mailer.send({ to: rest.email, ...invitationMail({ url, code, expiresAt: rest.expiresAt }) }));
  return { ...shown(rest), code, url, mailed: isMailed };
}

function invitationMail({ url, code, expiresAt }: { url: string | null; code: string; expiresAt: number }): {
  subject: string;
  text: string;
} {
  const way = url === null ? `with the code ${code}` : `at ${url}`;
  return {
    subject: "You are invited to an npm registry",
    text:
      `You are invited to a private npm registry. Choose a name and a password ${way}\n\n` +
      `The invitation is good once, until ${isoOf(expiresAt)}. If you do not know what this is about, leave it be.\n`,
  };
}

// A rule can give somebody else the right to administer; what they sent would be refused when it is used.
function assertInviter(context: ApiContext<unknown>, role: Role): void {
  assertMayBeOwner(context, [role]);
  const { principal } = context;
  if (principal.kind !== "user" || principal.role === "owner" || principal.role === "admin") return;
  throw new EntrepotError("permission-denied", {
    message: `An invitation is as good as the role of who sends it, and ${principal.name} is ${principal.role}; ask an admin.`,
  });
}

/** Invitations, and becoming a user by oneself. */
export const INVITATION_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "create-invitation",
    method: "POST",
    path: "/invitations",
    permission: "administer",
    body: invitationBody,
    status: 201,
    async handler(context) {
      assertInviting(context.deps);
      assertInviter(context, context.body.role);
      const { actor } = actorOf(context);
      return await sent(context, await context.deps.identity.invitations.create({ ...context.body, actor }));
    },
  }),
  apiRoute({
    id: "list-invitations",
    method: "GET",
    path: "/invitations",
    permission: "administer",
    body: NO_BODY,
    handler: async ({ deps }): Promise<PageAnswer<InvitationAnswer>> =>
      wholeList((await deps.identity.invitations.list()).map(shown)),
  }),
  apiRoute({
    id: "resend-invitation",
    method: "POST",
    path: "/invitations/:id/resend",
    permission: "administer",
    body: NO_BODY,
    async handler(context) {
      assertInviting(context.deps);
      const { invitations } = context.deps.identity;
      const id = context.param("id");
      assertInviter(context, (await invitations.get(id)).role);
      return await sent(context, await invitations.resend({ id, actor: actorOf(context).actor }));
    },
  }),
  apiRoute({
    id: "revoke-invitation",
    method: "DELETE",
    path: "/invitations/:id",
    permission: "administer",
    body: NO_BODY,
    async handler(context) {
      const { actor } = actorOf(context);
      await context.deps.identity.invitations.revoke({ id: context.param("id"), actor });
    },
  }),
  apiRoute({
    id: "sign-up",
    method: "POST",
    path: "/sign-up",
    permission: "none",
    isSignIn: true,
    body: signUpBody,
    status: 201,
    async handler(context) {
      context.assertSameSite();
      const user = await context.deps.identity.signUp({
        ...context.body,
        allowed: context.deps.signUp,
        address: context.ip,
        client: context.userAgent,
      });
      return { user: user.name, role: user.role };
    },
  }),
];
