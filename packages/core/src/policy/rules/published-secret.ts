import { opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

/** How many are named; the publisher finds the others when these are gone. */
const NAMED_MAX = 2;

/** Against publishing what has secrets in its files. What is published once is copied at once. */
export const publishedSecret: PolicyRule<"published-secret"> = {
  id: "published-secret",
  reads: "facts",
  isIdle: ({ purpose }) => purpose !== "publish",
  judge({ secrets = [] }) {
    const [first] = secrets;
    if (first === undefined) return null;
    const named = secrets
      .slice(0, NAMED_MAX)
      .map(({ kind, file, line }) => `${kind} in ${file}, line ${line}`);
    const more = secrets.length > NAMED_MAX ? [`${secrets.length - NAMED_MAX} more`] : [];
    return opinion({
      outcome: "deny",
      reason: `The tarball has ${[...named, ...more].join("; ")}.`,
      evidence: { kind: first.kind, file: first.file, line: first.line, count: secrets.length },
    });
  },
};
