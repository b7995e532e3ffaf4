import { describe, expect, test } from "vitest";
import { factsOfManifest, sliceManifest } from "../manifest.ts";
import { plainContext } from "../policy/plain-context.ts";
import type { PolicyContext } from "../policy/verdict.ts";
import { renderLocalView, type LocalPackument } from "./local-view.ts";
import type { PackumentForm } from "./view.ts";

type Json = Record<string, unknown>;

const PACKAGE_URL = "http://127.0.0.1:4873/npm/default/@acme%2fleft";

function packument(form: PackumentForm): LocalPackument {
  const manifests: Json[] = [
    { name: "@acme/left", version: "1.0.0", description: "old", dist: { shasum: "aa" }, deprecated: "" },
    {
      name: "@acme/left",
      version: "1.1.0",
      description: 'new \u2028 "é"',
      dist: { tarball: "http://x" },
      scripts: { install: "y" },
    },
  ];
  const versions = manifests.map((manifest, index) => {
    const version = manifest["version"] as string;
    const publishedAt = `2026-01-0${index + 1}T00:00:00.000Z`;
    const facts = factsOfManifest(manifest, { version, origin: "local", publishedAt });
    return { version, slice: sliceManifest(manifest)[form], facts, publishedAt };
  });
  return {
    name: "@acme/left",
    rev: "2-ab",
    versions,
    removedTimes: [["0.9.0", "2025-01-01T00:00:00.000Z"]],
    distTags: [
      ["latest", "1.1.0"],
      ["next", "1.1.0"],
    ],
    maintainers: [
      {
        name: "ada",
        email: "a@b.test",
      },
    ],
    users: {},
    readme: "# left",
    readmeFilename: "README.md",
    createdAt: "2025-01-01T00:00:00.000Z",
    modifiedAt: "2026-01-02T00:00:00.000Z",
  };
}

function render(form: PackumentForm, blocked: string[] = []): { got: Json; shown: number } {
  const statuses: PolicyContext["statuses"] = new Map(
    blocked.map((version) => [version, { status: "blocked", reason: "bad", setBy: "ada", setAt: 1 }]),
  );
  const policy = plainContext({ registry: "default", statuses });
  const view = renderLocalView(packument(form), { form, packageUrl: PACKAGE_URL, policy });
  return { got: JSON.parse(new TextDecoder().decode(view.bytes)) as Json, shown: view.shown };
}

describe("renderLocalView", () => {
  test("full", () => {
    const { got } = render("full");
    expect(got).toEqual({
      "_id": "@acme/left",
      "_rev": "2-ab",
      "name": "@acme/left",
      "description": 'new \u2028 "é"',
      "maintainers": [{ name: "ada", email: "a@b.test" }],
      "readme": "# left",
      "readmeFilename": "README.md",
      "_attachments": {},
      "dist-tags": { latest: "1.1.0", next: "1.1.0" },
      "versions": {
        "1.0.0": {
          name: "@acme/left",
          version: "1.0.0",
          description: "old",
          dist: { shasum: "aa", tarball: `${PACKAGE_URL}/-/left-1.0.0.tgz` },
        },
        "1.1.0": {
          name: "@acme/left",
          version: "1.1.0",
          description: 'new \u2028 "é"',
          scripts: { install: "y" },
          dist: { tarball: `${PACKAGE_URL}/-/left-1.1.0.tgz` },
        },
      },
      "time": {
        "created": "2025-01-01T00:00:00.000Z",
        "modified": "2026-01-02T00:00:00.000Z",
        "0.9.0": "2025-01-01T00:00:00.000Z",
        "1.0.0": "2026-01-01T00:00:00.000Z",
        "1.1.0": "2026-01-02T00:00:00.000Z",
      },
    });
  });

  test("abbreviated", () => {
    const { got } = render("abbreviated");
    expect(Object.keys(got)).toEqual(["name", "modified", "dist-tags", "versions", "time"]);
    expect((got["versions"] as Json)["1.1.0"]).toEqual({
      name: "@acme/left",
      version: "1.1.0",
      hasInstallScript: true,
      dist: { tarball: `${PACKAGE_URL}/-/left-1.1.0.tgz` },
    });
    expect(got["time"]).not.toHaveProperty(["0.9.0"]);
  });

  test("hides what policy refuses", () => {
    const { got, shown } = render("full", ["1.1.0"]);
    expect(shown).toBe(1);
    expect(got["dist-tags"]).toEqual({ latest: "1.0.0" });
    expect(got["description"]).toBe("old");
    expect(Object.keys(got["versions"] as Json)).toEqual(["1.0.0"]);
    expect(got["time"]).not.toHaveProperty(["1.1.0"]);
    expect(got["_policy"]).toEqual({
      hidden: { "1.1.0": { rule: "operator-status", reason: "bad", until: null } },
      droppedTags: { next: "1.1.0" },
      movedTags: { latest: { from: "1.1.0", to: "1.0.0" } },
    });
    expect(got["policyRestrictions"]).toEqual({
      versions: { "1.1.0": { version: "1.1.0" } },
      message: expect.stringMatching(/^@acme\/left@1\.1\.0 is blocked in the registry \w+: bad/u),
    });
    expect(render("abbreviated", ["1.1.0"]).got).not.toHaveProperty("policyRestrictions");
    expect(render("full", ["*"]).shown).toBe(0);
  });

  test("refuses a slice that has no place for the URL", () => {
    const broken = packument("full");
    const policy = plainContext({ registry: "d" });
    const versions = broken.versions.map((version) => ({ ...version, slice: '{"name":"x"}' }));
    expect(() =>
      renderLocalView({ ...broken, versions }, { form: "abbreviated", packageUrl: PACKAGE_URL, policy }),
    ).toThrow(expect.objectContaining({ code: "internal" }));
  });
});
