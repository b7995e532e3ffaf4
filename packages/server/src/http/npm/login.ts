import { EntrepotError, isEntrepotError } from "@entrepot/core";
import type { Login, LoginInput } from "../../identity/index.ts";
import { userAgentOf } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { loginScope } from "./login-scope.ts";

const BODY_BYTES_MAX = 64 * 1024;

/** The revision of every user's document; a client that writes one back wants a token and nothing else. */
export const USER_REV = "1-0";

/**
 * `PUT /-/user/org.couchdb.user:NAME`, with or without `/-rev/REV`: logs a user in by password and answers with a new
 * token. Where sign-up is open, whoever gives an e-mail and a name that nobody has becomes a user first.
 */
export async function login(context: NpmContext): Promise<Answer> {
  const { email, ...given } = await readLogin(context);
  const { token } = await logInOrSignUp(context, given, email);
  const id = `org.couchdb.user:${given.user.toLowerCase()}`;
  return jsonAnswer(201, { ok: true, id, rev: USER_REV, token });
}

async function readLogin(context: NpmContext): Promise<LoginInput & { email: string | null }> {
  const user = valueOf(context.params, "user");
  const body = await context.body.json(BODY_BYTES_MAX);
  const { name, password, email } = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  if (typeof name !== "string" || typeof password !== "string" || name.toLowerCase() !== user.toLowerCase()) {
    throw new EntrepotError("request-invalid", {
      message: "The login needs a JSON body with name and password, and the name must be the one in the URL.",
    });
  }
  return {
    user: name,
    password,
    email: typeof email === "string" && email !== "" ? email : null,
    address: context.address.ip,
    client: userAgentOf(context.request),
  };
}

// First as a login: it costs a guess, and a user who is there must not be told from one who is not by anything else.
async function logInOrSignUp(context: NpmContext, given: LoginInput, email: string | null): Promise<Login> {
  const { identity, signUp } = context.deps;
  const input = { ...given, ...loginScope(context) };
  try {
    return await identity.login(input);
  } catch (error) {
    const isWrong =
      isEntrepotError(error, "credential-invalid") && error.details["code"] === "password-wrong";
    const isNew =
      isWrong && signUp === "open" && email !== null && (await identity.findUser(given.user)) === null;
    if (!isNew) throw error;
  }
  await identity.signUp({ ...given, name: given.user, allowed: signUp, code: null, email });
  return await identity.login(input);
}
