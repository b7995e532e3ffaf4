import { expect, it } from "vitest";
import type { LockedPackage } from "../lockfiles/lockfile.ts";
import { bareFacts } from "../policy/judge-package.ts";
import type { Outcome, Verdict } from "../policy/verdict.ts";
import { checkLockfile, type LockfileCheck } from "./check-lockfile.ts";
import type { PackageLookup, PreflightOptions } from "./package-standing.ts";

const [ONE, OTHER] = [`sha512-${"A".repeat(86)}==`, `sha512-${"B".repeat(85)}A==`];

function pin(pinned: string, integrity: string | null = null): LockedPackage {
  const at = pinned.lastIndexOf("@");
  const [name, version] = [pinned.slice(0, at), pinned.slice(at + 1)];
  return { name, version, integrity, resolved: null, isDev: null, isOptional: null, isBundled: false };
}

function verdict(outcome: Outcome): Verdict {
  return {
    outcome,
    rule: "age",
    reason: "",
    evidence: {},
    until: null,
    recheckAt: null,
    alternatives: [],
    reference: null,
  };
}

const lookup: PackageLookup = async (name) => {
  if (name === "gone") return { why: "there is no such package", isMissing: true };
  if (name === "silent") return { why: "the upstream does not answer", isMissing: false };
  return {
    versions: ["1.0.0", "1.1.0", "1.2.0"],
    distTags: new Map(),
    hidden: new Map([
      ["1.1.0", verdict("hold")],
      ["1.2.0", verdict("hide")],
    ]),
    facts: async (version) => ({
      ...bareFacts({ version, upstreamVersion: null, origin: "upstream" }),
      integrity: ONE,
    }),
    lift: async () => ({ rules: ["age"], until: null }),
  };
};

async function check(
  packages: LockedPackage[],
  options: Partial<PreflightOptions> = {},
): Promise<LockfileCheck> {
  return await checkLockfile(packages, {
    lookup,
    concurrency: 2,
    pause: async () => undefined,
    isOver: () => false,
    onProgress: () => undefined,
    ...options,
  });
}

it("tells what is refused, hidden, missing and changed, each once", async () => {
  const progress: string[] = [];
  const names: string[] = [];
  const found = await check(
    [
      pin("right@1.1.0"),
      pin("left@1.0.0", ONE),
      pin("left@1.0.0", ONE),
      pin("left@1.1.0", ONE),
      pin("left@1.2.0", OTHER),
      pin("left@1.9.0"),
      pin("gone@1.0.0"),
      pin("silent@1.0.0"),
      pin("right@1.0.0", `sha1-${"A".repeat(27)}=`),
    ],
    {
      onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
      lookup: (name) => {
        names.push(name);
        return lookup(name);
      },
    },
  );
  expect(found).toMatchObject({
    checked: 7,
    refused: [
      { name: "left", version: "1.1.0", lift: { rules: ["age"] } },
      { name: "right", version: "1.1.0" },
    ],
    hidden: [{ name: "left", version: "1.2.0" }],
    missing: [
      { name: "gone", version: "1.0.0", why: "there is no such package" },
      { name: "left", version: "1.9.0", why: "the package has no such version" },
    ],
    changed: [{ name: "left", version: "1.2.0", pinned: OTHER, promised: ONE }],
    notChecked: [{ what: "silent@1.0.0", why: "the upstream does not answer" }],
  });
  expect(names.toSorted()).toEqual(["gone", "left", "right", "silent"]);
  expect(progress).toEqual(["1/4", "2/4", "3/4", "4/4"]);
});

it("says what there was no time for", async () => {
  const found = await check([pin("left@1.0.0")], { isOver: () => true });
  expect(found).toMatchObject({
    checked: 0,
    notChecked: [{ what: "left@1.0.0", why: "there was no time left for it" }],
  });
});
