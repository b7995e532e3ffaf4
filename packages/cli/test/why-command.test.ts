import { describe, expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t" } };

const HELD = {
  outcome: "hold",
  rule: "age",
  reason: "It is\u001B[31m too young",
  until: "2026-06-03T00:00:00.000Z",
  recheckAt: null,
  alternatives: ["1.1.0"],
};
const FINE = { outcome: "allow", rule: "default", reason: "", until: null };

const explanation = {
  registry: "default",
  package: "@acme/left",
  origin: "upstream",
  claim: null,
  upstream: { name: "public", freshUntil: "2026-06-01T00:01:00.000Z", isFresh: true },
  advisories: { epoch: 3, currentAt: "2026-06-01T00:00:00.000Z" },
  withoutPolicy: "1.2.0",
  chosen: "1.1.0",
  refusal: { version: "1.2.0", verdict: HELD },
  candidates: [
    {
      version: "1.2.0",
      isHidden: true,
      verdict: HELD,
      opinions: [
        { ...HELD, mode: "enforce", exception: null },
        { ...HELD, rule: "install-script", mode: "shadow", outcome: "deny", exception: null },
      ],
      publishedAt: "2026-05-31T00:00:00.000Z",
      deprecated: null,
    },
    {
      version: "1.1.0",
      isHidden: false,
      verdict: FINE,
      opinions: [{ ...HELD, mode: "enforce", exception: { id: "e1", expiresAt: null } }],
      publishedAt: "2026-01-01T00:00:00.000Z",
      deprecated: null,
    },
  ],
  candidateCount: 2,
  hiddenCount: 1,
  tagMoves: [
    { tag: "latest", from: "1.2.0", to: "1.1.0" },
    { tag: "beta", from: "1.2.0", to: null },
  ],
  exceptionUrl: "http://one.test/-/request?package=left",
  text: "@acme/left@1.2.0 is held. npm takes @acme/left@1.1.0 instead.",
};
const PATH = "GET /registries/default/explain?package=%40acme%2Fleft&range=%5E1.0.0";

describe("why", () => {
  it("says what npm gets, what is hidden and why, and what can be done", async () => {
    await serve({ [PATH]: { body: explanation } });
    const { code, out, err } = await run("why @acme/left@^1.0.0", world);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatchInlineSnapshot(`
      "@acme/left@1.2.0 is held. npm takes @acme/left@1.1.0 instead.

      VERSION  STATE   RULE  UNTIL                     PUBLISHED                 BECAUSE               ALSO AGAINST
      1.2.0    held    age   2026-06-03T00:00:00.000Z  2026-05-31T00:00:00.000Z  It is [31m too young  install-script (shadow: would deny)
      1.1.0    listed  -     -                         2026-01-01T00:00:00.000Z  -                     age (excepted)

      The tag latest goes to 1.1.0 instead of 1.2.0.
      The tag beta is left out; it was 1.2.0.
      The upstream public answered for it; what it said is fresh until 2026-06-01T00:01:00.000Z.
      Advisory data is of 2026-06-01T00:00:00.000Z (epoch 3).
      Ask for 1.2.0 at http://one.test/-/request?package=left, or with:
        entrepot request @acme/left@1.2.0 --registry default --days 7 --reason "why you need it"
      "
    `);
  });

  it("ends with 1 where nothing is left, and with 0 otherwise, also as JSON", async () => {
    await serve({
      "GET /registries/own/explain?package=left&range=": { body: { ...explanation, chosen: null } },
      [PATH]: { body: explanation },
    });
    expect((await run("why left --registry own", world)).code).toBe(1);
    const { code, out } = await run("why @acme/left@^1.0.0 --json", world);
    expect([code, JSON.parse(out)]).toEqual([0, explanation]);
  });

  it("says where a name comes from that there is not", async () => {
    const nothing = {
      ...explanation,
      origin: "claimed",
      claim: "@acme/*",
      upstream: null,
      advisories: { epoch: null, currentAt: null },
      chosen: null,
      refusal: null,
      candidates: [],
      tagMoves: [],
      text: "There is no package @acme/left.",
    };
    await serve({ "GET /registries/default/explain?package=%40acme%2Fleft&range=": { body: nothing } });
    const { code, out } = await run("why @acme/left", world);
    expect(code).toBe(1);
    expect(out).toBe(
      "There is no package @acme/left.\n\n" +
        "No upstream is asked for this name: the claim @acme/* says that it is our own.\n" +
        "There is no advisory data yet.\n",
    );
  });

  it("needs a package", async () => {
    expect((await run("why", world)).code).toBe(2);
    expect((await run("why left@", world)).code).toBe(2);
  });
});
