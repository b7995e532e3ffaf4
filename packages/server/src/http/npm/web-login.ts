import { EntrepotError, isEntrepotError } from "@entrepot/core";
import { isSameSecret, type OwnSession, type WebLogin } from "../../identity/index.ts";
import { userAgentOf } from "../actor.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { asksForPage } from "../negotiate.ts";
import { alertOf, field, html, pageAnswer, problemOf, readForm, type Html } from "../pages/page.ts";
import { PASSWORD_PATH } from "../pages/password.ts";
import { findSession } from "../session-cookie.ts";
import { loginScope } from "./login-scope.ts";

const POLL_SECONDS = 1;
const TITLE = "log in a client";

/**
 * `POST /-/v1/login`: begins a login by browser. Where there is none, 404 makes clients ask for name and password
 * instead.
 */
export async function beginWebLogin(context: NpmContext): Promise<Answer> {
  if (!context.deps.webLogin || context.request.headers["npm-auth-type"] === "legacy") {
    throw new EntrepotError("not-found", {
      message:
        "There is no login by browser here; use npm login --auth-type=legacy with user name and password.",
    });
  }
  const { page, done } = await context.deps.identity.webLogins.begin({
    registryId: context.registry.id,
    address: context.address.ip,
    client: userAgentOf(context.request),
  });
  const { registryUrl } = context;
  return jsonAnswer(200, {
    loginUrl: `${registryUrl}/-/login/${page}`,
    doneUrl: `${registryUrl}/-/v1/login/${done}`,
  });
}

/** `GET /-/v1/login/ID`: 202 until somebody approved, then 200 with the token, once. */
export async function collectWebLogin(context: NpmContext): Promise<Answer> {
  // The answer to HEAD has no body, so the token would be lost.
  if (context.request.method === "HEAD") {
    throw new EntrepotError("method-not-allowed", { details: { allow: "GET" } });
  }
  const outcome = await context.deps.identity.webLogins.collect({
    registryId: context.registry.id,
    done: valueOf(context.params, "login"),
    address: context.address.ip,
    ...loginScope(context),
  });
  if (outcome === null) {
    throw new EntrepotError("not-found", { message: "This login is over; begin another." });
  }
  // Without the header npm asks again at once.
  if (outcome.state === "waiting") return jsonAnswer(202, {}, ["retry-after", String(POLL_SECONDS)]);
  await context.deps.changes.refresh();
  return jsonAnswer(200, { token: outcome.token });
}

/**
 * `GET /-/login/ID`: the page that says who asks, with what it takes to approve. Browsers are led to the console's, which
 * also knows one-time passwords; who asks for `?plain` gets this one, without script.
 */
export async function webLoginPage(context: NpmContext): Promise<Answer> {
  const better = await consolePage(context);
  if (better !== null) {
    const headers = ["location", better, "cache-control", "private, no-store", "content-length", "0"];
    return { status: 303, headers, body: null };
  }
  const login = await requireLogin(context);
  return login === null ? overPage() : await askingPage(context, login, null);
}

/** `POST /-/login/ID`: approves with a password, or as whoever is signed in with this browser. */
export async function approveWebLogin(context: NpmContext): Promise<Answer> {
  const login = await requireLogin(context);
  if (login === null) return overPage();
  const given = await readForm(context);
  try {
    const isApproved =
      given("csrf") === ""
        ? await approveWithPassword(context, given)
        : await approveBySession(context, given("csrf"));
    return isApproved ? donePage() : overPage();
  } catch (error) {
    if (isEntrepotError(error, "permission-denied") && error.details["code"] === "password-must-change") {
      return mustChangePage(context, given("user"));
    }
    return await askingPage(context, login, problemOf(error));
  }
}

// A registry's own host has no console.
async function consolePage({ request, query, registryUrl, params }: NpmContext): Promise<string | null> {
  const [, base, name] = /^(.*)\/(?:npm|r)\/([^/]+)$/.exec(registryUrl) ?? [];
  if (base === undefined || name === undefined || query.has("plain")) return null;
  if (!asksForPage(request.headers.accept)) return null;
  const { hasConsole } = await import("../console/index.ts");
  return hasConsole() ? `${base}/login/${name}/${encodeURIComponent(valueOf(params, "login"))}` : null;
}

async function requireLogin(context: NpmContext): Promise<WebLogin | null> {
  const found = await context.deps.identity.webLogins.find(placeOf(context));
  return found === null || found.isApproved ? null : found;
}

function placeOf({ registry, params }: NpmContext): { registryId: string; page: string } {
  return { registryId: registry.id, page: valueOf(params, "login") };
}

async function approveWithPassword(context: NpmContext, given: (name: string) => string): Promise<boolean> {
  return await context.deps.identity.webLogins.approveWithPassword({
    ...placeOf(context),
    user: given("user").trim(),
    password: given("password"),
    address: context.address.ip,
    client: userAgentOf(context.request),
  });
}

async function approveBySession(context: NpmContext, csrf: string): Promise<boolean> {
  const session = await findSession(context.deps, context.request);
  if (session === null || !isSameSecret(session.csrfToken, csrf)) {
    throw new EntrepotError("credential-invalid", {
      message: "The session of this browser ended; give name and password.",
      details: { code: "session-ended" },
    });
  }
  const { userId } = session.principal;
  const from = { address: context.address.ip, client: userAgentOf(context.request) };
  return await context.deps.identity.webLogins.approveAs({ ...placeOf(context), ...from, userId });
}

async function askingPage(
  context: NpmContext,
  login: WebLogin,
  problem: ReturnType<typeof problemOf> | null,
): Promise<Answer> {
  const session = await findSession(context.deps, context.request);
  const { text = null, ...how } = problem ?? {};
  return pageAnswer({
    title: TITLE,
    main: html`${alertOf(text)}${warningOf(login, context.address.ip)}
      <p>
        ${clientOf(login)} at the address <strong>${login.address}</strong> asks to be logged in to the
        registry <strong>${context.registry.name}</strong>. It will get a token that can do
        ${reachOf(context)}. Go on only if you started this yourself, just now.
      </p>
      ${session === null ? html`` : approveForm(session)}${passwordForm()}`,
    ...how,
  });
}

function clientOf({ client }: WebLogin): Html {
  return client === ""
    ? html`A client that does not say its name`
    : html`A client that calls itself <strong>${client}</strong>`;
}

// What the token is limited to is said where it is limited; see loginScope.
function reachOf({ deps, registry }: NpmContext): Html {
  return deps.loginTokens === "all"
    ? html`<strong>everything that you may do on this server</strong>, in every registry`
    : html`what you may do in the registry <strong>${registry.name}</strong>, and nothing elsewhere`;
}

// Whoever is sent the page of somebody else's login sees it from another address.
function warningOf({ address }: WebLogin, own: string): Html {
  if (address === own) return html``;
  return html`<p role="alert">
    <strong>This login was begun at another address than yours:</strong> at ${address}, and this browser is at
    ${own}. If somebody sent you here, close this page: they would act in your name.
  </p>`;
}

function approveForm({ principal, csrfToken }: OwnSession): Html {
  return html`<form method="post">
      <input type="hidden" name="csrf" value="${csrfToken}" /><button>
        Log the client in as ${principal.name}
      </button>
    </form>
    <p>Or as somebody else:</p>`;
}

function passwordForm(): Html {
  return html`<form method="post">
    ${[
      field({ label: "User name", name: "user", autocomplete: "username" }),
      field({ label: "Password", name: "password", type: "password", autocomplete: "current-password" }),
    ]}<button>Log the client in</button>
  </form>`;
}

function donePage(): Answer {
  return pageAnswer({
    title: "the client is logged in",
    main: html`<p>Go back to the terminal; you can close this page.</p>`,
  });
}

function overPage(): Answer {
  return pageAnswer({
    title: "this login is over",
    main: html`<p>It was approved already, or ten minutes have passed. Begin again in the terminal.</p>`,
    status: 404,
  });
}

function mustChangePage({ deps, address }: NpmContext, user: string): Answer {
  const base = deps.publicUrl ?? `${address.origin}${address.pathPrefix}`;
  const url = `${base}${PASSWORD_PATH}?user=${encodeURIComponent(user)}`;
  return pageAnswer({
    title: "set a password of your own first",
    main: html`<p role="alert">This is a one-time password, which logs nobody in.</p>
      <p>
        <a href="${url}">Set a password of your own</a>, then come back to this page and log in with it.
      </p>`,
    status: 403,
  });
}
