import { EntrepotError } from "@entrepot/core";
import { jsonAnswer, type Answer } from "./answer.ts";

/** What both schemes of credential are offered as; never Negotiate or NTLM, which npm clients cannot speak. */
const CHALLENGE = 'Bearer realm="Entrepot", Basic realm="Entrepot"';
/** After a wrong password: npm speaks of a bad token wherever it sees Bearer. */
const PASSWORD_CHALLENGE = 'Basic realm="Entrepot"';
const NOTICE_CHARS_MAX = 400;

/** Turns anything that was thrown into the answer that a client sees. Unknown errors give nothing away. */
export function errorAnswer(error: unknown, requestId: string): Answer {
  const known =
    error instanceof EntrepotError && error.code !== "internal"
      ? error
      : new EntrepotError("internal", {
          message: `Something went wrong on the server (request ${requestId}).`,
        });
  const headers: string[] = ["x-request-id", requestId];
  const isPasswordWrong = known.details["code"] === "password-wrong";
  if (known.status === 401) {
    headers.push("www-authenticate", isPasswordWrong ? PASSWORD_CHALLENGE : CHALLENGE);
  }
  const retryAfter = known.details["retryAfterSeconds"];
  if (typeof retryAfter === "number") headers.push("retry-after", String(Math.max(1, Math.ceil(retryAfter))));
  // npm leaves the text of these out, but shows every notice.
  if (known.code === "version-denied" || isPasswordWrong) {
    headers.push("npm-notice", headerText(known.message));
  }
  if (known.code === "method-not-allowed") headers.push("allow", String(known.details["allow"] ?? ""));
  return jsonAnswer(
    known.status,
    { error: known.message, message: known.message, code: known.code, ...visible(known) },
    headers,
  );
}

/** True when the server, not the client, is at fault and someone should look. */
export function isServerFault(error: unknown): boolean {
  return (
    !(error instanceof EntrepotError) || error.code === "internal" || error.code === "storage-unavailable"
  );
}

// Clients print `error`; programs read the verdict's parts, and what is left of an unpublished package.
function visible({ code, details }: EntrepotError): Record<string, unknown> {
  const { package: name, unpublished } = details;
  if (typeof unpublished === "string") {
    return { _id: name, name, time: { unpublished: JSON.parse(unpublished) as unknown } };
  }
  return code === "version-denied" ? { ...details } : {};
}

function headerText(text: string): string {
  // A header takes printable ASCII only.
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, NOTICE_CHARS_MAX);
}
