import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const line = useCommandLine();
const { run, serve } = line;
const world = { env: { ENTREPOT_TOKEN: "t" } };
const PATH = "POST /registries/default/preflight?progress=true";
const headers = { "content-type": "application/x-ndjson" };

const fine = {
  registry: "default",
  format: "npm-v3",
  entries: 2,
  checked: 2,
  bundled: 0,
  isInstallable: true,
  counts: {},
  refused: [],
  hidden: [],
  changed: [],
  blocked: [],
  stuck: [],
  missing: [],
  notChecked: [],
  exceptions: [],
  leftOut: {},
  hosts: [],
  problems: [],
};
const held = { outcome: "hold", rule: "age", reason: "It is too young", until: "2026-06-03T00:00:00.000Z" };

function answer(...lines: object[]): { body: string; headers: Record<string, string> } {
  return { body: lines.map((item) => `${JSON.stringify(item)}\n`).join(""), headers };
}

const putFile = (name: string, text: string): Promise<void> => writeFile(join(line.home, name), text);

describe("preflight", () => {
  it("takes what pins before what asks, and says that all is well", async () => {
    await putFile("package.json", "{}");
    await putFile("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
    const { seen } = await serve({ [PATH]: answer({ progress: { done: 1, total: 2 } }, { report: fine }) });
    expect(await run("preflight", world)).toEqual({
      code: 0,
      out:
        "pnpm-lock.yaml (npm-v3): 2 entries, 2 versions looked at in the registry default.\n" +
        "Nothing stands in the way.\n",
      err: "",
    });
    expect(seen[0]?.body).toEqual({
      fileName: "pnpm-lock.yaml",
      content: "lockfileVersion: '9.0'\n",
      hosts: [],
    });
  });

  it("shows what stands in the way, and the commands that help", async () => {
    await putFile("my.json", "{}");
    const report = {
      ...fine,
      isInstallable: false,
      bundled: 3,
      refused: [{ name: "young", version: "1.1.0", ...held, liftedBy: ["age"] }],
      blocked: [
        {
          name: "deep",
          range: "^1.0.0",
          path: ["a@1.0.0", "b@2.0.0"],
          isOptional: false,
          candidates: [{ version: "1.0.0", ...held }],
        },
      ],
      missing: [{ what: "gone@1.0.0", why: "there is none", path: [], isOptional: false }],
      stuck: [{ what: "bad@1.0.0", path: [] }],
      changed: [{ name: "other", version: "1.0.0" }],
      notChecked: [{ what: "@own/x@1.0.0", why: "it comes from two.test" }],
      hosts: [{ host: "two.test", entries: 1, isChecked: false }],
      leftOut: { git: 2 },
      problems: ['"x" is not a package name'],
      exceptions: [
        {
          registry: "default",
          packages: "young",
          range: "1.1.0",
          rules: ["age"],
          reason: 'Because of $HOME and "this"',
          days: 2,
        },
      ],
    };
    const { seen } = await serve({ [PATH]: answer({ report }) });
    const { code, out } = await run(`preflight ${join(line.home, "my.json")} --host two.test`, world);
    expect(code).toBe(1);
    expect(out).toMatchInlineSnapshot(`
      "my.json (npm-v3): 2 entries, 2 versions looked at in the registry default.
      It cannot be installed as it is.

      PACKAGE      STATE  RULE  UNTIL                     BECAUSE
      young@1.1.0  held   age   2026-06-03T00:00:00.000Z  It is too young

      No version is left of:
        deep@^1.0.0, which a@1.0.0 > b@2.0.0 asks for
        - 1.0.0 is held until 2026-06-03T00:00:00.000Z: It is too young (rule age)

      The registry does not have:
        gone@1.0.0: there is none

      The bytes are not those that were pinned of:
        other@1.0.0

      What would unblock it (entrepot request … asks for the same):
        entrepot exception add young@1.1.0 --registry default --rule age --days 2 --reason "Because of 'HOME and 'this'"

      No exception helps with:
        bad@1.0.0

      Not looked at:
        @own/x@1.0.0: it comes from two.test
        3 bundled inside other packages
        2 from no registry (git)

      Not understood:
        "x" is not a package name

      Hosts that did not count as this registry; --host makes one count:
        two.test (1)
      "
    `);
    expect(seen[0]?.body).toMatchObject({ fileName: "my.json", hosts: ["two.test"] });
  });

  it("gives the report as JSON", async () => {
    await serve({ [PATH]: answer({ report: fine }) });
    const { code, out } = await run("preflight - --json", { ...world, input: "{}" });
    expect([code, JSON.parse(out)]).toEqual([0, fine]);
  });

  it("shows how far it is to who watches", async () => {
    await serve({ [PATH]: answer({ progress: { done: 1, total: 2 } }, { report: fine }) });
    const { err } = await run("preflight -", { ...world, input: "{}", typed: [] });
    expect(err).toContain("\r1 of 2 looked at");
  });

  it("says why when it cannot be done", async () => {
    expect((await run("preflight", world)).err).toContain("There is none of npm-shrinkwrap.json");
    expect((await run("preflight nowhere.json", world)).code).toBe(2);
    await serve({
      [PATH]: answer({ progress: { done: 0, total: 0 } }, { error: "It is too much.", code: "overloaded" }),
    });
    expect(await run("preflight -", world)).toMatchObject({ code: 1, err: "entrepot: It is too much.\n" });
    await serve({ [PATH]: answer({ progress: { done: 0, total: 0 } }) });
    expect((await run("preflight -", world)).code).toBe(3);
    const refused = { status: 400, body: { error: "The lockfile cannot be read.", code: "request-invalid" } };
    await serve({ [PATH]: refused });
    expect(await run("preflight -", world)).toMatchObject({
      code: 1,
      err: "entrepot: The lockfile cannot be read.\n",
    });
  });
});
