import { createHash } from "node:crypto";
import { HELP_TOPICS, type EntrepotError, type HelpTopic } from "@entrepot/core";
import type { Answer } from "./answer.ts";

/** Where the page is, below the server's base URL: reserved, so that it is never taken for a package. */
export const HELP_PATH = "/-/help/errors";

const STYLE =
  "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}" +
  "h2{font-size:1.1rem;margin:2rem 0 .25rem}code{font-size:.9em}section:target{outline:2px solid;padding:0 .75rem}";

/** The anchor on the page for what was thrown; null where the page has nothing to say. */
export function helpCodeOf({ code, details }: EntrepotError): string | null {
  const wanted = details["code"];
  if (typeof wanted === "string" && Object.hasOwn(HELP_TOPICS, wanted)) return wanted;
  if (code === "version-withheld") return "version-denied";
  return Object.hasOwn(HELP_TOPICS, code) ? code : null;
}

/** `GET /-/help/errors`: every refusal, what it means and what mends it. Needs no credential, says nothing of packages. */
export function helpPage(): Answer {
  const sections = Object.entries<HelpTopic>(HELP_TOPICS).map(sectionOf);
  const html =
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Entrepot: why a request was refused</title>` +
    `<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head><body>` +
    `<main><h1>Why a request was refused</h1>${sections.join("")}</main></body></html>\n`;
  const body = Buffer.from(html);
  const styleHash = createHash("sha256").update(STYLE).digest("base64");
  const headers: Readonly<Record<string, string>> = {
    "content-type": "text/html; charset=utf-8",
    "content-length": String(body.length),
    "cache-control": "public, max-age=300",
    "content-security-policy": `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'`,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  };
  return { status: 200, headers: Object.entries(headers).flat(), body };
}

function sectionOf([code, { title, meaning, mend }]: [string, HelpTopic]): string {
  const steps = mend.map((step) => `<li>${escaped(step)}</li>`).join("");
  return (
    `<section id="${code}"><h2>${escaped(title)} <code>${code}</code></h2>` +
    `<p>${escaped(meaning)}</p><ul>${steps}</ul></section>`
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
