import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { EntrepotError } from "@entrepot/core";
import type { Answer } from "../answer.ts";
import type { RequestBody } from "../body.ts";
import { ownOrigins, type ClientAddress } from "../client-address.ts";
import type { HttpDeps } from "../context.ts";
import { assertSameSite } from "../session-cookie.ts";

/** One request for a page. */
export interface PageContext {
  deps: HttpDeps;
  request: IncomingMessage;
  body: RequestBody;
  address: ClientAddress;
  query: URLSearchParams;
  /** This server's base URL as the client addresses it, without a trailing slash. */
  baseUrl: string;
}

/** Text that is HTML already. */
export interface Html {
  html: string;
}

/** A page of this server: plain HTML, without script and without anything that is loaded. */
export interface Page {
  title: string;
  main: Html;
  status?: number;
  /** How long anybody may keep it; nobody may when left out. */
  keepSeconds?: number;
  headers?: readonly string[];
}

const STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}" +
  "h2{font-size:1.1rem;margin:2rem 0 .25rem}code{font-size:.9em}section:target{outline:2px solid;padding:0 .75rem}" +
  "label{display:block;margin:.75rem 0}input{display:block;font:inherit;width:20rem;max-width:100%}" +
  "button{font:inherit;margin:.5rem 1rem .5rem 0;padding:.25rem 1rem}[role=alert]{border-left:.3rem solid #c33;padding-left:.75rem}";
/** Without a space around the text: the policy names the hash of exactly this. */
const STYLE_ELEMENT: Html = { html: `<style>${STYLE}</style>` };
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
const FORM_BYTES_MAX = 16 * 1024;

/** Makes HTML of a template: every value is escaped unless it is HTML itself; of a list, each. */
export function html(texts: TemplateStringsArray, ...values: readonly (string | Html | Html[])[]): Html {
  const parts = texts.map((text, at) => text + shown(values[at] ?? ""));
  return { html: parts.join("") };
}

function shown(value: string | Html | Html[]): string {
  if (typeof value === "string") return escaped(value);
  return [value]
    .flat()
    .map((part) => part.html)
    .join("");
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** Makes the answer that shows a page. Nothing on it runs, nothing is loaded, and no other site may frame it. */
export function pageAnswer({ title, main, status = 200, keepSeconds, headers = [] }: Page): Answer {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>Entrepot: ${title}</title>
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1>${title[0]?.toUpperCase() ?? ""}${title.slice(1)}</h1>
          ${main}
        </main>
      </body>
    </html> `;
  const body = Buffer.from(page.html);
  const own: Readonly<Record<string, string>> = {
    "content-type": "text/html; charset=utf-8",
    "content-length": String(body.length),
    "cache-control": keepSeconds === undefined ? "private, no-store" : `public, max-age=${keepSeconds}`,
    "content-security-policy":
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; ` +
      "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    // With "no-referrer" browsers would say of our own forms that their origin is null.
    "referrer-policy": "same-origin",
  };
  return { status, headers: [...Object.entries(own).flat(), ...headers], body };
}

/** The paragraph that says why a form was refused; nothing when it was not. */
export function alertOf(text: string | null): Html {
  return text === null ? html`` : html`<p role="alert">${text}</p>`;
}

/** A field of a form with its label above it. */
export function field(input: {
  label: string;
  name: string;
  type?: "text" | "password" | "email";
  autocomplete: string;
  value?: string;
}): Html {
  const { label, name, type = "text", autocomplete, value = "" } = input;
  return html`<label
    >${label}<input name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value}" required
  /></label>`;
}

/**
 * Reads the form that one of our pages sent; fields that are missing are empty. Throws `request-invalid` for what is no
 * form, and `permission-denied` for what another site made a browser send.
 */
export async function readForm({
  deps,
  request,
  body,
  address,
}: Pick<PageContext, "deps" | "request" | "body" | "address">): Promise<(name: string) => string> {
  assertSameSite(request, ownOrigins(deps, address));
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") {
    throw new EntrepotError("request-invalid", { message: "This URL takes the form of its own page." });
  }
  const fields = new URLSearchParams(await body.text(FORM_BYTES_MAX));
  return (name) => fields.get(name) ?? "";
}

/** What a page says of a refusal that its reader can mend; throws everything else again. */
export function problemOf(error: unknown): { text: string; status: number; headers: string[] } {
  const mendable: readonly string[] = [
    "request-invalid",
    "credential-invalid",
    "too-many-requests",
    "name-taken",
  ];
  if (!(error instanceof EntrepotError) || !mendable.includes(error.code)) throw error;
  const { retryAfterSeconds } = error.details;
  const headers = typeof retryAfterSeconds === "number" ? ["retry-after", String(retryAfterSeconds)] : [];
  // A browser would answer a 401 that offers Basic with a window of its own.
  return { text: error.message, status: error.status === 401 ? 403 : error.status, headers };
}
