import { jsonAnswer, type Answer } from "./answer.ts";
import type { HttpDeps } from "./context.ts";

/** `GET /`: what runs here and how a client is pointed at it, readable for people and programs. */
export function frontPage(deps: HttpDeps, origin: string): Answer {
  const base = deps.publicUrl ?? origin;
  return jsonAnswer(200, {
    server: `entrepot ${deps.version}`,
    registry: `${base}/npm/default/`,
    setUp: [
      `npm config set registry ${base}/npm/default/`,
      `npm login --auth-type=legacy --registry ${base}/npm/default/`,
    ],
    api: `${base}/api/v1/`,
  });
}
