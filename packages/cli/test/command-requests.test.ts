import { describe, expect, it } from "vitest";
import { useCommandLine, type World } from "./command-line.ts";
import type { FakeAnswer } from "./fake-server.ts";

const { run, serve } = useCommandLine();

describe("every command sends what it should", () => {
  const ok: FakeAnswer = { body: { name: "r", upstreams: ["one", "two"], token: "ent_x" } };
  it.each<[string, World, [string, string, unknown][]]>([
    ["registry create r", {}, [["POST", "/registries", { name: "r" }]]],
    [
      'registry create r --description "for us" --anonymous-read --host npm.example --upstream one --upstream two',
      {},
      [
        [
          "POST",
          "/registries",
          { name: "r", description: "for us", anonymousRead: true, host: "npm.example" },
        ],
        ["PUT", "/registries/r/upstreams", { upstreams: ["one", "two"] }],
      ],
    ],
    [
      'registry change r --no-anonymous-read --no-active --host ""',
      {},
      [["PATCH", "/registries/r", { anonymousRead: false, active: false, host: null }]],
    ],
    [
      "registry change r --audit forward --audit-upstream one",
      {},
      [["PATCH", "/registries/r", { audit: "forward", auditUpstream: "one" }]],
    ],
    [
      "registry create r --audit forward --audit-url https://u.example/npm/",
      {},
      [["POST", "/registries", { name: "r", audit: "forward", auditUrl: "https://u.example/npm/" }]],
    ],
    [
      "registry create fw --kind firewall --protected",
      {},
      [["POST", "/registries", { name: "fw", kind: "firewall", protected: true }]],
    ],
    ["registry delete r --yes", {}, [["DELETE", "/registries/r", undefined]]],
    ["registry delete r", { typed: ["y"] }, [["DELETE", "/registries/r", undefined]]],
    [
      "upstream add u https://u.example",
      {},
      [["POST", "/upstreams", { name: "u", url: "https://u.example" }]],
    ],
    [
      "upstream add u https://u.example --token-stdin --allowed-host a --allowed-host b --fresh-seconds 5",
      { input: "tok\n" },
      [
        [
          "POST",
          "/upstreams",
          { name: "u", url: "https://u.example", token: "tok", allowedHosts: ["a", "b"], freshSeconds: 5 },
        ],
      ],
    ],
    [
      "upstream change u --username me --password-stdin --timeout-ms 900",
      { input: "pw" },
      [["PATCH", "/upstreams/u", { username: "me", password: "pw", timeoutMs: 900 }]],
    ],
    [
      "upstream change u --no-trust-publish-times",
      {},
      [["PATCH", "/upstreams/u", { trustPublishTimes: false }]],
    ],
    ["upstream change u --no-credential", {}, [["PATCH", "/upstreams/u", { token: null }]]],
    ["upstream remove u --yes", {}, [["DELETE", "/upstreams/u", undefined]]],
    [
      "upstream attach r three",
      {},
      [
        ["GET", "/registries/r", undefined],
        ["PUT", "/registries/r/upstreams", { upstreams: ["one", "two", "three"] }],
      ],
    ],
    [
      "upstream attach r two --first",
      {},
      [
        ["GET", "/registries/r", undefined],
        ["PUT", "/registries/r/upstreams", { upstreams: ["two", "one"] }],
      ],
    ],
    [
      "upstream detach r one",
      {},
      [
        ["GET", "/registries/r", undefined],
        ["PUT", "/registries/r/upstreams", { upstreams: ["two"] }],
      ],
    ],
    ["claim add r @acme/*", {}, [["PUT", "/registries/r/claims/%40acme%2F*", undefined]]],
    ["claim remove r acme-*", {}, [["DELETE", "/registries/r/claims/acme-*", undefined]]],
    [
      'status set blocked @acme/left@1.0.0 --reason "it steals" --registry r',
      {},
      [
        [
          "PUT",
          "/registries/r/packages/%40acme%2Fleft/versions/1.0.0/status",
          { status: "blocked", reason: "it steals" },
        ],
      ],
    ],
    [
      "status set allowed left@* --reason fine",
      {},
      [["PUT", "/registries/*/packages/left/versions/*/status", { status: "allowed", reason: "fine" }]],
    ],
    [
      'status set deprecated left@1.0.0 --reason "use right"',
      {},
      [
        [
          "PUT",
          "/registries/*/packages/left/versions/1.0.0/status",
          { status: "deprecated", reason: "use right" },
        ],
      ],
    ],
    [
      "status set unlisted left@*",
      {},
      [["PUT", "/registries/*/packages/left/versions/*/status", { status: "unlisted", reason: "" }]],
    ],
    [
      "status clear left@1.0.0 --status deprecated",
      {},
      [["DELETE", "/registries/*/packages/left/versions/1.0.0/status?status=deprecated", undefined]],
    ],
    [
      "status clear left@1.0.0",
      {},
      [["DELETE", "/registries/*/packages/left/versions/1.0.0/status", undefined]],
    ],
    ["token create ci", {}, [["POST", "/tokens", { name: "ci", readonly: true }]]],
    [
      "token create ci --write --expires-days 7",
      {},
      [["POST", "/tokens", { name: "ci", readonly: false, expiresInDays: 7 }]],
    ],
    [
      "token create ci --ci --permission view --permission publish --package @acme/* --network 10.0.0.0/8",
      {},
      [
        [
          "POST",
          "/tokens",
          {
            name: "ci",
            kind: "ci",
            permissions: ["view", "publish"],
            packages: ["@acme/*"],
            networks: ["10.0.0.0/8"],
          },
        ],
      ],
    ],
    ["token revoke abc", {}, [["DELETE", "/tokens/abc", undefined]]],
    ["token rotate abc --overlap-minutes 5", {}, [["POST", "/tokens/abc/rotate", { overlapMinutes: 5 }]]],
    [
      "key create feed --registry r --user bot --description deploys",
      {},
      [
        [
          "POST",
          "/keys",
          {
            name: "feed",
            kind: "feed",
            user: "bot",
            readonly: true,
            registries: ["r"],
            description: "deploys",
          },
        ],
      ],
    ],
    [
      "key create all --write --value apikey12345",
      {},
      [["POST", "/keys", { name: "all", kind: "system", value: "apikey12345", readonly: false }]],
    ],
    ["key revoke abc", {}, [["DELETE", "/keys/abc", undefined]]],
    [
      "rule grant --team acme:core --task publish --registry r --packages @acme/*",
      {},
      [
        [
          "POST",
          "/access-rules",
          {
            effect: "grant",
            subject: "team",
            name: "acme:core",
            tasks: ["publish"],
            registry: "r",
            packages: "@acme/*",
          },
        ],
      ],
    ],
    [
      "rule restrict --everyone --permission download --group unapproved",
      {},
      [
        [
          "POST",
          "/access-rules",
          { effect: "restrict", subject: "everyone", permissions: ["download"], group: "unapproved" },
        ],
      ],
    ],
    ["rule delete abc", {}, [["DELETE", "/access-rules/abc", undefined]]],
    [
      "may publish --user ada --registry r --package left",
      {},
      [["POST", "/privileges/test", { permission: "publish", user: "ada", registry: "r", package: "left" }]],
    ],
    ["may view --anonymous", {}, [["POST", "/privileges/test", { permission: "view", user: null }]]],
    ["registry change r --group a --group b", {}, [["PUT", "/registries/r/groups", { groups: ["a", "b"] }]]],
    [
      "user add bob --role admin --email b@x.example --password-stdin",
      { input: "pw" },
      [["POST", "/users", { name: "bob", password: "pw", role: "admin", email: "b@x.example" }]],
    ],
    ["user add bob --no-password", {}, [["POST", "/users", { name: "bob", password: null }]]],
    ["user password bob", { typed: ["new one"] }, [["PATCH", "/users/bob", { password: "new one" }]]],
    ["user disable bob", {}, [["PATCH", "/users/bob", { disabled: true }]]],
    ["user enable bob", {}, [["PATCH", "/users/bob", { disabled: false }]]],
  ])("%s", async (argv, world, requests) => {
    const routes = requests.map(([method, path]) => [`${method} ${path}`, ok]);
    const { seen } = await serve(Object.fromEntries(routes) as Record<string, FakeAnswer>);
    const result = await run(argv, world);
    expect(result.code, result.err).toBe(0);
    expect(result.out).not.toBe("");
    expect(seen.map(({ method, url, body }) => [method, url.replace("/api/v1", ""), body])).toEqual(requests);
    const asJson = await run(`${argv} --json`, world);
    expect(() => JSON.parse(asJson.out) as unknown).not.toThrow();
  });

  it("passes on what the server warns of", async () => {
    const warnings = ["Anyone can read it."];
    await serve({ "PATCH /registries/r": { body: { name: "r", warnings } } });
    const { out, err } = await run("registry change r --anonymous-read --token t");
    expect([out, err]).toEqual(["Changed the registry r.\n", "Warning: Anyone can read it.\n"]);
  });

  it("lists claims, which are plain texts", async () => {
    await serve({ "GET /registries/r/claims?limit=500": { body: { items: ["a-*", "b"], next: null } } });
    expect((await run("claim list r")).out).toBe("PATTERN\na-*\nb\n");
  });
});
