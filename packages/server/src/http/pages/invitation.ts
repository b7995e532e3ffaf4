import { EntrepotError } from "@entrepot/core";
import { userAgentOf } from "../actor.ts";
import type { Answer } from "../answer.ts";
import { assertInviting } from "../inviting.ts";
import {
  alertOf,
  field,
  html,
  pageAnswer,
  problemOf,
  readForm,
  type Html,
  type PageContext,
} from "./page.ts";

/** Where the page is, below the server's base URL; the code is a parameter. */
export const INVITATION_PATH = "/-/invitation";

const TITLE = "become a user";

/** `GET /-/invitation?code=…`: the form with which somebody who was invited chooses name and password. */
export async function invitationPage(context: PageContext): Promise<Answer> {
  return await formPage(context, { code: context.query.get("code") ?? "", name: "", problem: null });
}

/** `POST /-/invitation`: makes the user, and says what is wrong when it cannot. */
export async function acceptInvitation(context: PageContext): Promise<Answer> {
  const given = await readForm(context);
  const [code, name] = [given("code"), given("name").trim()];
  try {
    if (given("password") !== given("again")) {
      throw new EntrepotError("request-invalid", { message: "The passwords differ; type both again." });
    }
    const user = await context.deps.identity.signUp({
      allowed: context.deps.signUp,
      code,
      name,
      password: given("password"),
      email: null,
      address: context.address.ip,
      client: userAgentOf(context.request),
    });
    await context.deps.changes.refresh();
    return pageAnswer({
      title: "you are a user now",
      main: html`<p>
        Log in as <strong>${user.name}</strong>, for example with
        <code>npm login --registry ${context.baseUrl}/npm/default/</code>.
      </p>`,
    });
  } catch (error) {
    return await formPage(context, { code, name, problem: isOver(error) ? null : problemOf(error) });
  }
}

// Used, expired or revoked: then the page says so, and shows no form.
function isOver(error: unknown): error is EntrepotError {
  return error instanceof EntrepotError && (error.status === 403 || error.status === 404);
}

interface Filled {
  code: string;
  name: string;
  problem: ReturnType<typeof problemOf> | null;
}

async function formPage(context: PageContext, { code, name, problem }: Filled): Promise<Answer> {
  try {
    assertInviting(context.deps);
    const { role } = await context.deps.identity.invitations.ofCode(code);
    const { text = null, ...how } = problem ?? {};
    return pageAnswer({ title: TITLE, main: formOf({ code, name, role, text }), ...how });
  } catch (error) {
    if (!isOver(error)) throw error;
    return pageAnswer({ title: TITLE, main: alertOf(error.message), status: error.status });
  }
}

function formOf(input: { code: string; name: string; role: string; text: string | null }): Html {
  return html`${alertOf(input.text)}
    <p>
      You are invited to this server with the role <strong>${input.role}</strong>. Choose a name, in lower
      case, and a password.
    </p>
    <form method="post">
      <input type="hidden" name="code" value="${input.code}" />${[
        field({ label: "User name", name: "name", autocomplete: "username", value: input.name }),
        field({ label: "Password", name: "password", type: "password", autocomplete: "new-password" }),
        field({ label: "Password again", name: "again", type: "password", autocomplete: "new-password" }),
      ]}<button>Become a user</button>
    </form>`;
}
