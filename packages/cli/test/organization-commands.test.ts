import { afterEach, expect, it } from "vitest";
import { runClientCommand } from "../src/index.ts";
import type { ClientIo, ExitCode } from "../src/index.ts";
import { startFakeServer, type FakeAnswer, type FakeServer } from "./fake-server.ts";

let server: FakeServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function run(argv: string): Promise<{ code: ExitCode; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io: ClientIo = {
    env: { ENTREPOT_SERVER: server?.url ?? "http://127.0.0.1:9", ENTREPOT_TOKEN: "t0k3n" },
    homeFolder: "/nowhere",
    isInteractive: false,
    readInput: () => Promise.resolve(""),
    ask: () => Promise.resolve(""),
    out: (text) => (out += text),
    err: (text) => (err += text),
    fetch,
  };
  const code = await runClientCommand(argv.split(" "), { io });
  return { code, out, err };
}

const TEAM = "/organizations/acme/teams/core";

it.each<[string, string, FakeAnswer, unknown, string]>([
  ["org create acme", "POST /organizations", { body: { name: "acme" } }, { name: "acme" }, "Created the org"],
  ["org delete @acme --yes", "DELETE /organizations/acme", { status: 204 }, undefined, "Deleted the org"],
  [
    "org set acme ada --role admin",
    "PUT /organizations/acme/members/ada",
    { body: { user: "ada", role: "admin" } },
    { role: "admin" },
    "ada is admin of acme.",
  ],
  [
    "org set acme ada",
    "PUT /organizations/acme/members/ada",
    { body: { user: "ada", role: "developer" } },
    {},
    "ada is developer of acme.",
  ],
  [
    "org remove acme ada",
    "DELETE /organizations/acme/members/ada",
    { status: 204 },
    undefined,
    "Removed ada",
  ],
  [
    "team create @acme:core",
    "POST /organizations/acme/teams",
    { body: { name: "core" } },
    { name: "core" },
    "Created the team",
  ],
  [
    "team change acme:core --name heart --description it",
    `PATCH ${TEAM}`,
    { body: { name: "heart" } },
    { name: "heart", description: "it" },
    "Changed the team",
  ],
  ["team delete acme:core", `DELETE ${TEAM}`, { status: 204 }, undefined, "Deleted the team acme:core."],
  ["team add acme:core ada", `PUT ${TEAM}/members/ada`, { body: { user: "ada" } }, undefined, "Added ada to"],
  ["team remove acme:core ada", `DELETE ${TEAM}/members/ada`, { status: 204 }, undefined, "Removed ada from"],
])("%s", async (argv, ...[route, answer, body, text]) => {
  server = await startFakeServer({ [route.replace(" ", " /api/v1")]: answer });
  const result = await run(argv);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.out).toContain(text);
  expect(server.seen).toMatchObject([{ authorization: "Bearer t0k3n" }]);
  expect(server.seen[0]?.body).toEqual(body);
});

it.each<[string, string, object, string]>([
  ["org list", "/organizations", { name: "acme" }, "acme"],
  ["org members acme", "/organizations/acme/members", { user: "ada", role: "owner" }, "ada   owner"],
  ["team list acme", "/organizations/acme/teams", { name: "core", description: "of us" }, "core  of us"],
  ["team members acme:core", `${TEAM}/members`, { user: "ada" }, "ada"],
])("%s", async (argv, ...[path, item, line]) => {
  server = await startFakeServer({
    [`GET /api/v1${path}?limit=500`]: { body: { items: [item], next: null } },
  });
  const { code, out } = await run(argv);
  expect([code, out.split("\n")[1]]).toEqual([0, expect.stringContaining(line)]);
});

it.each(["team create core", "team delete acme:", "team members :core", "team add a:b:c ada"])(
  "%s says how a team is written",
  async (argv) => {
    const { code, err } = await run(argv);
    expect([code, err]).toEqual([2, expect.stringContaining("A team is written organization:team")]);
  },
);

it("team change needs something to change", async () => {
  expect((await run("team change acme:core")).err).toContain("There is nothing to change.");
});
