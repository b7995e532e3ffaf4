import { HELP_TOPICS, type EntrepotError, type HelpTopic } from "@entrepot/core";
import type { Answer } from "./answer.ts";
import { html, pageAnswer, type Html } from "./pages/page.ts";

/** Where the page is, below the server's base URL: reserved, so that it is never taken for a package. */
export const HELP_PATH = "/-/help/errors";

const KEEP_SECONDS = 300;

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
  return pageAnswer({
    title: "why a request was refused",
    main: html`${sections}`,
    keepSeconds: KEEP_SECONDS,
  });
}

function sectionOf([code, { title, meaning, mend }]: [string, HelpTopic]): Html {
  const steps = mend.map((step) => html`<li>${step}</li>`);
  return html`<section id="${code}">
    <h2>${title} <code>${code}</code></h2>
    <p>${meaning}</p>
    <ul>
      ${steps}
    </ul>
  </section>`;
}
