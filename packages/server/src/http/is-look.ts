import type { IncomingMessage } from "node:http";

/** Commands of npm by which somebody looks at packages, and installs nothing. */
const LOOKS: ReadonlySet<unknown> = new Set(["view", "outdated"]);

/** True of npm's requests for somebody who looks at packages. */
export function isLook({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return LOOKS.has(headers["npm-command"]);
}
