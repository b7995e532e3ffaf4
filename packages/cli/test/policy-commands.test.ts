import { describe, expect, it } from "vitest";
import { useCommandLine, type World } from "./command-line.ts";
import type { FakeAnswer } from "./fake-server.ts";

const { run, serve } = useCommandLine();

const entry = { packages: "left", range: "<2", reason: "" };
/** Has a member for everything that some command looks for. */
const ANSWER: FakeAnswer = {
  body: {
    rule: "age",
    mode: "enforce",
    profile: "strict",
    warnings: [],
    id: "e1",
    state: "approved",
    packages: "left",
    range: "^2",
    expiresAt: "2030-01-01T00:00:00.000Z",
    rules: [{ rule: "deny-list", packages: null, mode: null, options: { entries: [entry] } }],
  },
};

describe("commands on policy send what they should", () => {
  it.each<[string, World, [string, string, unknown][]]>([
    [
      "policy set age enforce --registry team --package @acme/* --option hours=24 --option fastTrack.hours=2 --option fastTrack.severity=low",
      {},
      [
        [
          "PUT",
          "/registries/team/policy/rules/age",
          {
            mode: "enforce",
            options: { hours: 24, fastTrack: { hours: 2, severity: "low" } },
            packages: "@acme/*",
          },
        ],
      ],
    ],
    [
      "policy set age --option fastTrack=null",
      {},
      [["PUT", "/policy/rules/age", { options: { fastTrack: null }, packages: null }]],
    ],
    ["policy unset age --package left", {}, [["DELETE", "/policy/rules/age?packages=left", undefined]]],
    [
      "policy profile strict --registry team",
      {},
      [["PUT", "/registries/team/policy/profile", { profile: "strict" }]],
    ],
    ["policy profile none", {}, [["PUT", "/policy/profile", { profile: null }]]],
    [
      "policy import",
      { input: '{"profile":"strict","rules":[]}' },
      [["PUT", "/policy/document", { profile: "strict", rules: [] }]],
    ],
    ["policy export --registry team", {}, [["GET", "/registries/team/policy/document", undefined]]],
    [
      'policy add deny-list @acme/left@1.2.3 --reason "it steals"',
      {},
      [
        ["GET", "/policy/document", undefined],
        [
          "PUT",
          "/policy/rules/deny-list",
          { options: { entries: [entry, { packages: "@acme/left", range: "1.2.3", reason: "it steals" }] } },
        ],
      ],
    ],
    [
      "policy remove deny-list left@<2 --registry team",
      {},
      [
        ["GET", "/registries/team/policy/document", undefined],
        ["PUT", "/registries/team/policy/rules/deny-list", { options: { entries: [] } }],
      ],
    ],
    [
      "exception add left@^2 --rule age --rule licence --reason fix --days 7 --registry team",
      {},
      [
        [
          "POST",
          "/exceptions",
          {
            registry: "team",
            packages: "left",
            range: "^2",
            rules: ["age", "licence"],
            reason: "fix",
            days: 7,
          },
        ],
      ],
    ],
    [
      "exception add @acme/* --reason ours --never",
      {},
      [["POST", "/exceptions", { packages: "@acme/*", range: "*", reason: "ours", never: true }]],
    ],
    ["exception revoke e1 --note over", {}, [["POST", "/exceptions/e1/revoke", { note: "over" }]]],
    [
      "request @acme/left@~1.2 --rule age --reason fix --until 2030-01-31",
      {},
      [
        [
          "POST",
          "/exception-requests",
          { packages: "@acme/left", range: "~1.2", rules: ["age"], reason: "fix", until: "2030-01-31" },
        ],
      ],
    ],
    [
      "request approve e1 --days 2 --note fine",
      {},
      [["POST", "/exceptions/e1/approve", { note: "fine", days: 2 }]],
    ],
    ["request reject e1", {}, [["POST", "/exceptions/e1/reject", {}]]],
    ["request withdraw e1", {}, [["POST", "/exceptions/e1/revoke", {}]]],
    [
      "hold left@1.0.0 --reason odd",
      {},
      [["PUT", "/registries/*/packages/left/versions/1.0.0/status", { status: "held", reason: "odd" }]],
    ],
    ["release left@1.0.0", {}, [["POST", "/registries/*/packages/left/versions/1.0.0/release", {}]]],
    [
      "release @acme/left@1.0.0 --registry team --reason fix --days 3",
      {},
      [
        [
          "POST",
          "/registries/team/packages/%40acme%2Fleft/versions/1.0.0/release",
          { reason: "fix", days: 3 },
        ],
      ],
    ],
    [
      "upstream filter team public --allow @acme/* --allow left --block @acme/old-*",
      {},
      [
        [
          "PUT",
          "/registries/team/upstreams/public/filter",
          { allow: ["@acme/*", "left"], block: ["@acme/old-*"] },
        ],
      ],
    ],
    ["registry change team --frozen", {}, [["PATCH", "/registries/team", { frozen: true }]]],
    [
      "discard left@1.0.0 --registry team --reason stolen",
      {},
      [["POST", "/registries/team/packages/left/versions/1.0.0/discard", { reason: "stolen" }]],
    ],
  ])("%s", async (argv, world, requests) => {
    const routes = requests.map(([method, path]) => [`${method} ${path}`, ANSWER]);
    const { seen } = await serve(Object.fromEntries(routes) as Record<string, FakeAnswer>);
    const result = await run(argv, world);
    expect(result.code, result.err).toBe(0);
    expect(result.out).not.toBe("");
    expect(seen.map(({ method, url, body }) => [method, url.replace("/api/v1", ""), body])).toEqual(requests);
    const asJson = await run(`${argv} --json`, world);
    expect(() => JSON.parse(asJson.out) as unknown).not.toThrow();
  });
});

describe("what is shown", () => {
  it("requests that wait, and those of one package", async () => {
    const items = [{ id: "e1", packages: "left", range: "^2", state: "requested", owner: "dev" }];
    const page: FakeAnswer = { body: { items, next: null } };
    await serve({
      "GET /exceptions?state=requested&limit=500": page,
      "GET /exceptions?package=left&state=ended&limit=500": page,
    });
    expect((await run("request list")).out).toMatch(/e1 .*left +\^2/);
    expect((await run("exception list --package left --state ended")).code).toBe(0);
  });

  it("each rule with its mode and where that comes from", async () => {
    const rules = [{ rule: "age", mode: "enforce", options: { hours: 24 }, from: "workspace" }];
    await serve({ "GET /policy": { body: { profile: "standard", rules, warnings: ["odd"] } } });
    const { out, err } = await run("policy show");
    expect(out).toMatch(/age +enforce +\{"hours":24\} +workspace/);
    expect([out, err]).toEqual([expect.stringContaining("The profile is standard."), "Warning: odd\n"]);
  });

  it("versions that are held, without those that are blocked", async () => {
    const items = [
      { registry: "team", name: "left", version: "1.0.0", status: "held" },
      { registry: "other", name: "middle", version: "1.0.0", status: "held" },
      { registry: "*", name: "right", version: "1.0.0", status: "blocked" },
    ];
    const refused = { items: [{ name: "bad", version: "1.0.0", rule: "malware" }], next: null };
    await serve({
      "GET /statuses?limit=500": { body: { items, next: null } },
      "GET /decisions?outcome=refused&limit=50": { body: refused },
    });
    expect((await run("holds")).out).toMatch(/left/);
    const here = (await run("holds --registry team")).out;
    expect([/left/.test(here), /middle|right/.test(here)]).toEqual([true, false]);
    expect((await run("holds --refused")).out).toMatch(/bad +1\.0\.0 +malware/);
  });

  it("notices, which are read when that is said", async () => {
    const items = [
      { createdAt: "2030-01-01T00:00:00.000Z", kind: "exception-approved", text: "mia approved" },
    ];
    const { seen } = await serve({
      "GET /notices?limit=500": { body: { items, next: null } },
      "GET /notices?all=true&limit=500": { body: { items, next: null } },
      "POST /notices/read": { body: { read: 1 } },
    });
    expect((await run("notices --read")).out).toContain("mia approved");
    expect((await run("notices --all")).code).toBe(0);
    expect(seen.map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
  });
});

it.each([
  ["policy set age", /Say what to choose/],
  ["policy set age --option hours", /name=value/],
  ["policy profile severe", /standard or strict/],
  ["policy add odd-list left", /deny-list and allow-only/],
  ["policy import", /as JSON/],
  ["exception add left@^2 --days 7", /Give the reason/],
  ["exception add left@ --reason x", /write a version or a range/],
  ["request left@^2 --reason x --days soon", /number of days/],
  ["hold left@1.0.0", /Give the reason/],
  ["release left", /has no version/],
  ["discard left@1.0.0 --reason x", /Name the registry/],
])("%s is refused with what would be taken", async (argv, text) => {
  const { code, err } = await run(argv);
  expect([code, err]).toEqual([2, expect.stringMatching(text)]);
});
