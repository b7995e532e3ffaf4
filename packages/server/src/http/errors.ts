import { EntrepotError } from "@entrepot/core";
import { jsonAnswer, type Answer } from "./answer.ts";
import { HELP_PATH, helpCodeOf } from "./help.ts";
import { PASSWORD_PATH } from "./pages/password.ts";
import { requestUrl } from "./pages/request-url.ts";

/** What both schemes of credential are offered as; never Negotiate or NTLM, which npm clients cannot speak. */
const CHALLENGE = 'Bearer realm="Entrepot", Basic realm="Entrepot"';
/** After a wrong password: npm speaks of a bad token wherever it sees Bearer. */
const PASSWORD_CHALLENGE = 'Basic realm="Entrepot"';
/** For a page of our own: browsers answer an offer of Basic with a window of theirs. */
const PAGE_CHALLENGE = 'Session realm="Entrepot"';
/** The word by which npm tells that a token may not be used from here; it must stand alone. */
const ADDRESS_CHALLENGE = "ipaddress";
const NOTICE_CHARS_MAX = 600;

/** What an error answer says beside the error. */
export interface ErrorSurroundings {
  requestId: string;
  /** The server's base URL as the client addresses it, without a trailing slash; null when that is not known. */
  baseUrl: string | null;
  /** True where a page of the console asked. */
  isForPage?: boolean;
}

/** Turns anything that was thrown into the answer that a client sees. Unknown errors give nothing away. */
export function errorAnswer(
  error: unknown,
  { requestId, baseUrl, isForPage = false }: ErrorSurroundings,
): Answer {
  const known =
    error instanceof EntrepotError && error.code !== "internal"
      ? error
      : new EntrepotError("internal", {
          message: `Something went wrong on the server (request ${requestId}).`,
        });
  const helpCode = helpCodeOf(known);
  const help = helpCode === null || baseUrl === null ? null : `${baseUrl}${HELP_PATH}#${helpCode}`;
  const exceptionUrl = exceptionUrlOf(known, baseUrl);
  const pointer = pointerTo(exceptionUrl, help);
  const text = known.message + wayOut(helpCode, baseUrl) + pointer;
  return jsonAnswer(
    known.status,
    {
      error: text,
      message: text,
      code: known.code,
      ...(helpCode === null ? {} : { helpCode, help }),
      ...visible(known),
      ...(isRefusal(known) ? { requestId, exceptionUrl } : {}),
    },
    ["x-request-id", requestId, ...headersOf(known, { pointer, isForPage })],
  );
}

/** Where an exception can be asked for; null unless policy refused a version that is known by name. */
function exceptionUrlOf(error: EntrepotError, baseUrl: string | null): string | null {
  const { package: name, version, registry } = error.details;
  if (!isRefusal(error) || baseUrl === null) return null;
  if (typeof name !== "string" || typeof version !== "string" || typeof registry !== "string") return null;
  return requestUrl(baseUrl, { registry, name, version });
}

/**
 * The reason phrase of a refusal's status line: most clients show that much and nothing of the body. Null for npm, which
 * shows the body, and for everything that is no refusal.
 */
export function refusalPhrase(
  error: unknown,
  { baseUrl, userAgent }: { baseUrl: string | null; userAgent: string | undefined },
): string | null {
  if (!(error instanceof EntrepotError && isRefusal(error)) || userAgent?.startsWith("npm/") === true) {
    return null;
  }
  const url = exceptionUrlOf(error, baseUrl);
  const { rule, alternatives } = error.details;
  const [best = ""] = String(alternatives ?? "").split(", ");
  const use = best === "" ? "" : `, use ${best}`;
  const word = error.status === 404 ? "Not Found, refused" : "Forbidden";
  return headerText(`${word} by rule ${String(rule)}${use}${url === null ? "" : `, see ${url}`}`);
}

function pointerTo(exceptionUrl: string | null, help: string | null): string {
  if (exceptionUrl !== null) return ` Ask at ${exceptionUrl}`;
  return help === null ? "" : ` (help: ${help})`;
}

// Whoever reads this at a terminal has no other way to learn where the page is.
function wayOut(helpCode: string | null, baseUrl: string | null): string {
  if (helpCode !== "password-must-change" || baseUrl === null) return "";
  return ` Do so at ${baseUrl}${PASSWORD_PATH} or with: entrepot password --server ${baseUrl}`;
}

/** True of a version that policy refuses, whatever the status that says so. */
export function isRefusal({ code }: EntrepotError): boolean {
  return code === "version-denied" || code === "version-withheld";
}

function headersOf(
  error: EntrepotError,
  { pointer, isForPage }: { pointer: string; isForPage: boolean },
): string[] {
  const { code, status, details, message } = error;
  const headers: string[] = [];
  if (status === 401) {
    headers.push("www-authenticate", isForPage ? PAGE_CHALLENGE : challengeFor(details["code"]));
  }
  const retryAfter = details["retryAfterSeconds"];
  if (typeof retryAfter === "number") headers.push("retry-after", String(Math.max(1, Math.ceil(retryAfter))));
  // npm leaves the text of these out, but shows every notice.
  if (isRefusal(error) || status === 401) {
    headers.push("npm-notice", headerText(message) + headerText(pointer));
  }
  if (code === "method-not-allowed") headers.push("allow", String(details["allow"] ?? ""));
  return headers;
}

function challengeFor(code: unknown): string {
  if (code === "password-wrong") return PASSWORD_CHALLENGE;
  return code === "token-address" ? ADDRESS_CHALLENGE : CHALLENGE;
}

/** True when the server, not the client, is at fault and someone should look. */
export function isServerFault(error: unknown): boolean {
  return (
    !(error instanceof EntrepotError) || error.code === "internal" || error.code === "storage-unavailable"
  );
}

// Clients print `error`; programs read the verdict's parts, and what is left of an unpublished package.
function visible(error: EntrepotError): Record<string, unknown> {
  const { details } = error;
  const { package: name, unpublished } = details;
  if (typeof unpublished === "string") {
    return { _id: name, name, time: { unpublished: JSON.parse(unpublished) as unknown } };
  }
  if (isRefusal(error)) return { ...details };
  // As the public registry has it in its answers to audits.
  const { statusCode } = details;
  return typeof statusCode === "number" ? { statusCode } : {};
}

/** A text as a header can hold it: printable ASCII, and not too long. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, NOTICE_CHARS_MAX);
}
