/** A client whose configuration can hold a list of packages whose install scripts may run. */
export const SCRIPT_LIST_FORMATS = ["npm", "pnpm", "bun"] as const;

export type ScriptListFormat = (typeof SCRIPT_LIST_FORMATS)[number];

/** A package whose install scripts were approved. */
export interface ApprovedScripts {
  name: string;
  /** Exact versions; null for all, those to come among them. */
  versions: readonly string[] | null;
}

/** A list in the words of a client. */
export interface ScriptList {
  /** Where the text belongs: `package.json`. */
  file: string;
  text: string;
  /** Packages that the client's form cannot express, with why. */
  leftOut: readonly { name: string; reason: string }[];
}

/**
 * Writes approved install scripts in the form of a client: npm's `allowScripts`, pnpm's `allowBuilds`, or bun's
 * `trustedDependencies`, which knows names only and therefore leaves out what was approved for some versions.
 *
 * @example scriptList("npm", [{ name: "left", versions: ["1.0.0"] }]).text // {"allowScripts":{"left@1.0.0":true}}, indented
 */
export function scriptList(format: ScriptListFormat, approved: readonly ApprovedScripts[]): ScriptList {
  if (format === "bun") return bunList(approved);
  const specs = approved.map(({ name, versions }) =>
    versions === null ? name : `${name}@${versions.join(" || ")}`,
  );
  const leftOut: ScriptList["leftOut"] = [];
  if (format === "pnpm") {
    const lines = specs.map((spec) => `  ${JSON.stringify(spec)}: true\n`);
    return {
      file: "pnpm-workspace.yaml",
      text: `allowBuilds:${lines.length === 0 ? " {}" : ""}\n${lines.join("")}`,
      leftOut,
    };
  }
  const allowScripts = Object.fromEntries(specs.map((spec) => [spec, true]));
  return { file: "package.json", text: `${JSON.stringify({ allowScripts }, null, 2)}\n`, leftOut };
}

function bunList(approved: readonly ApprovedScripts[]): ScriptList {
  const trustedDependencies = approved.filter(({ versions }) => versions === null).map(({ name }) => name);
  const leftOut = approved
    .filter(({ versions }) => versions !== null)
    .map(({ name, versions }) => ({
      name,
      reason: `it is approved for ${(versions ?? []).join(", ")} only, and bun trusts names with all their versions`,
    }));
  return { file: "package.json", text: `${JSON.stringify({ trustedDependencies }, null, 2)}\n`, leftOut };
}
