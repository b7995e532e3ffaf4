import { EntrepotError } from "@entrepot/core";
import { userAgentOf } from "../actor.ts";
import type { Answer } from "../answer.ts";
import { alertOf, field, html, pageAnswer, problemOf, readForm, type PageContext } from "./page.ts";

/** Where the page is, below the server's base URL. */
export const PASSWORD_PATH = "/-/password";

const TITLE = "set a password of your own";

/** `GET /-/password`: the form that replaces a password, a one-time one among them. */
export async function passwordPage({ query }: PageContext): Promise<Answer> {
  return pageAnswer({ title: TITLE, main: formOf({ user: query.get("user") ?? "", problem: null }) });
}

/** `POST /-/password`: replaces the password, and says what is wrong when it cannot. */
export async function sendPassword(context: PageContext): Promise<Answer> {
  const given = await readForm(context);
  const user = given("user").trim();
  try {
    if (given("newPassword") !== given("again")) {
      throw new EntrepotError("request-invalid", { message: "The new passwords differ; type both again." });
    }
    const changed = await context.deps.identity.changeOwnPassword({
      user,
      password: given("password"),
      newPassword: given("newPassword"),
      address: context.address.ip,
      client: userAgentOf(context.request),
    });
    await context.deps.changes.refresh();
    return pageAnswer({
      title: "the password is set",
      main: html`<p>
        From now on <strong>${changed.name}</strong> logs in with the new password, for example with
        <code>npm login --registry ${context.baseUrl}/npm/default/</code>. Browsers that were signed in must
        sign in again; tokens go on.
      </p>`,
    });
  } catch (error) {
    const { text, ...how } = problemOf(error);
    return pageAnswer({ title: TITLE, main: formOf({ user, problem: text }), ...how });
  }
}

function formOf({ user, problem }: { user: string; problem: string | null }) {
  return html`${alertOf(problem)}
    <p>For whoever has a one-time password, and whenever you want another one.</p>
    <form method="post">
      ${[
        field({ label: "User name", name: "user", autocomplete: "username", value: user }),
        field({
          label: "Password that you have, one-time or not",
          name: "password",
          type: "password",
          autocomplete: "current-password",
        }),
        field({ label: "New password", name: "newPassword", type: "password", autocomplete: "new-password" }),
        field({ label: "New password again", name: "again", type: "password", autocomplete: "new-password" }),
      ]}<button>Set the password</button>
    </form>`;
}
