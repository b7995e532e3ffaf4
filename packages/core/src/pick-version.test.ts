import { describe, expect, it } from "vitest";
import { candidatesFor, pickVersion, readWantedVersion } from "./pick-version.ts";

const VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "2.0.0-beta.1", "2.0.0", "1.3.0-rc.1"];
const source = (latest: string): { versions: string[]; distTags: Map<string, string> } => ({
  versions: VERSIONS,
  distTags: new Map([
    ["latest", latest],
    ["next", "2.0.0-beta.1"],
    ["gone", "9.0.0"],
  ]),
});
const pick = (wanted: string, { latest = "2.0.0", deprecated = [] as string[] } = {}): string | null =>
  pickVersion(candidatesFor(source(latest), readWantedVersion(wanted)), (version) =>
    deprecated.includes(version),
  );

it.each([
  ["", "range", "*"],
  [" ^1.0.0 ", "range", "^1.0.0"],
  ["1.x || 2", "range", "1.x || 2"],
  ["v1.2.3", "version", "1.2.3"],
  ["=1.2.3", "version", "1.2.3"],
  ["latest", "tag", "latest"],
])("reads %j as a %s", (raw, kind, text) => {
  expect(readWantedVersion(raw)).toEqual({ kind, text });
});

describe("what npm takes", () => {
  it.each([
    ["", "2.0.0"],
    ["^1.0.0", "1.2.0"],
    ["1.0.0", "1.0.0"],
    ["1.0.9", null],
    ["next", "2.0.0-beta.1"],
    ["gone", null],
    ["none", null],
    [">=1.3.0-rc.0 <2", "1.3.0-rc.1"],
    ["^3", null],
  ])("of %j", (wanted, expected) => {
    expect(pick(wanted)).toBe(expected);
  });

  it("prefers latest where it fits, also below the highest", () => {
    expect(pick("^1.0.0", { latest: "1.1.0" })).toBe("1.1.0");
    expect(pick("", { latest: "1.1.0" })).toBe("1.1.0");
    expect(pick("", { latest: "2.0.0-beta.1" })).toBe("2.0.0-beta.1");
  });

  it("goes around deprecated versions as long as there are others", () => {
    expect(pick("^1.0.0", { deprecated: ["1.2.0"] })).toBe("1.1.0");
    expect(pick("^1.0.0", { latest: "1.1.0", deprecated: ["1.1.0"] })).toBe("1.2.0");
    const all = ["1.0.0", "1.1.0", "1.2.0"];
    expect(pick("^1.0.0", { latest: "1.1.0", deprecated: all })).toBe("1.2.0");
    expect(pick("1.0.0", { deprecated: all })).toBe("1.0.0");
  });
});
