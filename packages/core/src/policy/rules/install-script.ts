import { installScriptsOf, newScriptsOf, type ScriptChange } from "../install-scripts.ts";
import { cut, opinion } from "../opinion.ts";
import type { PolicyRule } from "../verdict.ts";

const SCRIPT_LENGTH = 500;
const SCRIPT_LENGTH_IN_REASON = 80;

/**
 * Holds versions from upstream that run scripts at installation, until somebody has read them: all of them, or
 * those whose scripts are new. The tarball is believed where it was looked at, else the upstream's manifest.
 */
export const installScript: PolicyRule<"install-script"> = {
  id: "install-script",
  reads: "history",
  isIdle: () => false,
  judge(facts, context, history) {
    if (facts.origin === "local") return null;
    const scripts = installScriptsOf(facts, context);
    if (scripts === null) return null;
    const change = newScriptsOf(facts, context, history);
    if (change === null && context.rules["install-script"].options.condition === "new") return null;
    const shown = scripts.text === "" ? "" : ` (${cut(scripts.text, SCRIPT_LENGTH_IN_REASON)})`;
    return opinion({
      outcome: "hold",
      reason: `It runs a script when it is installed${shown}${change === null ? "" : `, ${changeText(change)}`}`,
      evidence: {
        scripts: scripts.text === "" ? null : cut(scripts.text, SCRIPT_LENGTH),
        source: scripts.source,
        isNew: change !== null,
        newSince: change?.since ?? null,
      },
    });
  },
};

function changeText({ since, because }: ScriptChange): string {
  if (because === "hidden by the manifest") return "which the upstream's manifest does not tell of";
  if (since === null) return "and there is no earlier version to compare with";
  return because === "last served"
    ? `which ${since}, in use here, does not`
    : `which ${since}, published before it, does not`;
}
