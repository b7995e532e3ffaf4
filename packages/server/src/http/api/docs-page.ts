import type { Answer } from "../answer.ts";
import { HELP_PATH } from "../help.ts";
import { html, pageAnswer, type Html } from "../pages/page.ts";
import type { ApiRoute } from "./api-route.ts";
import { bodyContent, permissionText, titleOf } from "./openapi.ts";

/** Shows the JSON API to people: every URL with who may ask it and what it takes. Nothing on the page runs or is loaded. */
export function docsPage(routes: readonly ApiRoute[]): Answer {
  const main = html`<p>
      Every URL of the JSON API. Programs read <a href="/api/v1/openapi.json">the same as OpenAPI</a>. Show a
      token as <code>Authorization: Bearer …</code>. Lists take <code>limit</code> and <code>cursor</code>,
      and say in <code>next</code> where they go on. Errors have a text in <code>error</code> and a
      <code>code</code>; <a href="${HELP_PATH}">those of credentials are explained here</a>.
    </p>
    ${routes.map(shown)}`;
  return pageAnswer({ title: "JSON API", main, keepSeconds: 300 });
}

function shown(route: ApiRoute): Html {
  const { id, method, path, permission } = route;
  const content = bodyContent(route);
  const body =
    content === null
      ? html``
      : html`<details>
          <summary>Body</summary>
          <pre><code>${JSON.stringify(content, null, 2)}</code></pre>
        </details>`;
  return html`<section id="${id}">
    <h2>${titleOf(route)}</h2>
    <p><code>${method} /api/v1${path}</code><br />${permissionText(permission)}</p>
    ${body}
  </section>`;
}
