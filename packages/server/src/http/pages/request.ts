import { EntrepotError } from "@entrepot/core";
import { findException, requestException } from "../../firewall/index.ts";
import { isSameSecret, type OwnSession } from "../../identity/index.ts";
import { actorFrom, userAgentOf } from "../actor.ts";
import type { Answer } from "../answer.ts";
import { decideOnException, isOwnerOf, mayDecideOn, type ExceptionVerb } from "../exception-rights.ts";
import { keepCookie } from "../session-cookie.ts";
import { pageAnswer, problemOf, readForm, type PageContext } from "./page.ts";
import { askedIn, liftable, requestState, type Asked, type RequestState } from "./request-state.ts";
import { requestUrl } from "./request-url.ts";
import { requestView, type Filled } from "./request-view.ts";

const TITLE = "why it was refused";
const VERBS: readonly ExceptionVerb[] = ["approve", "reject", "revoke"];
const MENDABLE: ReadonlySet<string> = new Set(["permission-denied", "not-found"]);

type Given = (name: string) => string;

/** `GET /-/request?registry=…&package=…&version=…`: why a version is refused, and the form to ask for it. */
export async function requestPage(context: PageContext): Promise<Answer> {
  return await statePage(context, askedIn(context.query), {});
}

/** `POST /-/request?…`: signs in, asks, or decides. */
export async function sendRequest(context: PageContext): Promise<Answer> {
  const asked = askedIn(context.query);
  const given = await readForm(context);
  const verb = given("do");
  const filled = verb === "ask" ? filledIn(given) : null;
  try {
    if (verb === "sign-in") return await signIn(context, asked, given);
    const done = await act(context, { asked, given });
    await context.deps.changes.refresh();
    return await statePage(context, asked, { done });
  } catch (error) {
    const { text, ...how } = mendable(error);
    return await statePage(context, asked, { problem: text, filled, ...how });
  }
}

async function act(context: PageContext, { asked, given }: { asked: Asked; given: Given }): Promise<string> {
  const state = await requestState(context, asked);
  const { session } = state;
  if (session === null || !isSameSecret(session.csrfToken, given("csrf"))) {
    throw new EntrepotError("credential-invalid", {
      message: "The session of this browser ended; sign in again.",
      details: { code: "session-ended" },
    });
  }
  const verb = VERBS.find((known) => known === given("do"));
  if (verb !== undefined) return await decide(context, { state, session, verb, given });
  if (given("do") === "ask") return await ask(context, { state, session, given });
  throw new EntrepotError("request-invalid", { message: "This URL takes the form of its own page." });
}

interface Act {
  state: RequestState;
  session: OwnSession;
  given: Given;
}

function writerOf(context: PageContext, { principal }: OwnSession): Parameters<typeof requestException>[1] {
  const from = { address: context.address.ip, userAgent: userAgentOf(context.request) };
  return { workspaceId: context.deps.workspaceId, actor: actorFrom(principal, from) };
}

async function ask(context: PageContext, { state, session, given }: Act): Promise<string> {
  const { asked, registry, verdict } = state;
  if (registry === null) {
    throw new EntrepotError("request-invalid", { message: "There is nothing here that you may ask for." });
  }
  const { reason, days, range } = filledIn(given);
  const rule = verdict === null ? null : liftable(verdict);
  await requestException(context.deps, writerOf(context, session), {
    registryId: registry.id,
    packages: asked.name,
    range,
    rules: rule === null ? null : [rule],
    reason,
    term: { days: Number(days) },
  });
  return "Your request is with who runs this registry; this page and entrepot notices tell what they decide.";
}

async function decide(
  context: PageContext,
  { state, session, verb, given }: Act & { verb: ExceptionVerb },
): Promise<string> {
  const { deps } = context;
  const { view } = state;
  const record = await findException(deps, { workspaceId: deps.workspaceId, id: given("id") });
  if (record === null || !(isOwnerOf(view, record) || mayDecideOn(view, record))) {
    throw new EntrepotError("not-found", { message: "There is no such request any more." });
  }
  const by = writerOf(context, session);
  const decided = await decideOnException(deps, { view, record }, { verb, by, note: given("note") });
  return decided.state === "requested"
    ? "You agreed; one more person has to."
    : `It is ${decided.state} now.`;
}

function filledIn(given: Given): Filled {
  return { reason: given("reason").trim(), days: given("days").trim(), range: given("range").trim() };
}

// Back to the same page, so that reloading it sends no password again.
async function signIn(
  context: PageContext,
  { registry, name, version }: Asked,
  given: Given,
): Promise<Answer> {
  const { secret } = await context.deps.identity.sessions.start({
    user: given("user").trim(),
    password: given("password"),
    address: context.address.ip,
    client: userAgentOf(context.request),
  });
  const { baseUrl } = context;
  const location = requestUrl(baseUrl, { registry, name, version: version === "" ? null : version });
  const cookie = keepCookie(secret, baseUrl.startsWith("https:"));
  const headers = ["location", location, "set-cookie", cookie];
  return {
    status: 303,
    headers: [...headers, "cache-control", "private, no-store", "content-length", "0"],
    body: null,
  };
}

async function statePage(
  context: PageContext,
  asked: Asked,
  shown: {
    problem?: string;
    filled?: Filled | null;
    done?: string;
    status?: number;
    headers?: readonly string[];
  },
): Promise<Answer> {
  const { problem = null, filled = null, done = null, ...how } = shown;
  const state = await requestState(context, asked);
  return pageAnswer({ title: TITLE, main: requestView(state, { problem, filled, done }), ...how });
}

// Of a page its reader wants to know what they may not do, and why a wish is refused.
function mendable(error: unknown): { text: string; status: number; headers: string[] } {
  if (error instanceof EntrepotError && MENDABLE.has(error.code)) {
    return { text: error.message, status: error.status, headers: [] };
  }
  return problemOf(error);
}
