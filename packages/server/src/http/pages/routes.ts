import type { Answer } from "../answer.ts";
import type { PageContext } from "./page.ts";
import { acceptInvitation, INVITATION_PATH, invitationPage } from "./invitation.ts";
import { PASSWORD_PATH, passwordPage, sendPassword } from "./password.ts";
import { REQUEST_PATH } from "./request-url.ts";
import { requestPage, sendRequest } from "./request.ts";

/** Answers a request for a page. */
export type PageHandler = (context: PageContext) => Promise<Answer>;

/** Every page with a form, by its path below the server's base URL; a registry's own host has them too. */
export const PAGES: ReadonlyMap<string, { GET: PageHandler; POST: PageHandler }> = new Map([
  [PASSWORD_PATH, { GET: passwordPage, POST: sendPassword }],
  [INVITATION_PATH, { GET: invitationPage, POST: acceptInvitation }],
  [REQUEST_PATH, { GET: requestPage, POST: sendRequest }],
]);
