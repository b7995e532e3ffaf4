import {
  EntrepotError,
  indexedVersions,
  indexScanned,
  judgePackage,
  plainContext,
  readVersionFacts,
  scanDocument,
  type PolicyContext,
  type VersionFacts,
} from "@entrepot/core";
import { expect, it } from "vitest";
import { DEFAULT_UPSTREAM_SETTINGS, type DocumentEntry, type Upstream } from "../upstream/index.ts";
import { createVerdicts, type VerdictDeps } from "./verdicts.ts";

const UPSTREAM: Upstream = {
  id: "u",
  name: "public",
  url: "http://up.test/",
  credential: null,
  settings: DEFAULT_UPSTREAM_SETTINGS,
};
const ENTRY: DocumentEntry = {
  kind: "present",
  upstreamId: "u",
  name: "left",
  digest: "d",
  freshUntil: 0,
  superseded: true,
};

function indexOf(...versions: readonly string[]): Uint8Array {
  const manifests = versions.map((version) => [version, { name: "left", version, dist: {} }]);
  const document = { "name": "left", "dist-tags": {}, "versions": Object.fromEntries(manifests) };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return indexScanned(scanDocument(bytes, "left")).serialize();
}

function factsOf(version: string): VersionFacts {
  const facts = readVersionFacts(indexOf(version), version);
  if (facts === null) throw new Error(version);
  return facts;
}

/** The verdict on a version by an index that has 1.0.0 alone. */
async function verdictOn(version: string, context: PolicyContext): Promise<[outcome: string, rule: string]> {
  const index = indexOf("1.0.0");
  const run = async (task: string): Promise<unknown> => {
    const versions = [...indexedVersions(index)];
    if (task === "judgePackage") return judgePackage(versions, context);
    if (task === "readFacts") return versions.map(({ facts }) => facts());
    throw new EntrepotError("internal");
  };
  const deps = { threads: { run }, upstreams: { index: async () => index } } as unknown as VerdictDeps;
  const place = {
    registry: { id: "r" },
    name: "left",
    source: { kind: "upstream", upstream: UPSTREAM, entry: ENTRY },
  } as const;
  const { verdict } = await createVerdicts(deps).verdictOn(factsOf(version), context, place);
  return [verdict.outcome, verdict.rule];
}

it("a version that was not judged with its package is judged, and never passes unseen", async () => {
  const blocked = { status: "blocked", reason: "miner", setBy: "ada", setAt: 1 } as const;
  const byWord = plainContext({ name: "left", statuses: new Map([["2.0.0", blocked]]) });
  expect(await verdictOn("2.0.0", byWord)).toEqual(["deny", "operator-status"]);
  const { rules } = plainContext({});
  const byAge = plainContext({
    name: "left",
    now: Date.UTC(2026, 0, 1),
    rules: { ...rules, age: { ...rules.age, mode: "enforce" } },
  });
  expect(await verdictOn("2.0.0", byAge)).toEqual(["hold", "age"]);
  const harmless = plainContext({
    name: "left",
    rules: { ...rules, "install-script": { ...rules["install-script"], mode: "enforce" } },
  });
  expect(await verdictOn("2.0.0", harmless)).toEqual(["allow", "default"]);
  expect(await verdictOn("1.0.0", harmless)).toEqual(["allow", "default"]);
});
