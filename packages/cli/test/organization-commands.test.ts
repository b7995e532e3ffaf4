import { expect, it } from "vitest";
import { useCommandLine } from "./command-line.ts";
import type { FakeAnswer } from "./fake-server.ts";

const { run, serve } = useCommandLine();
const world = { env: { ENTREPOT_TOKEN: "t0k3n" } };

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
  const { seen } = await serve({ [route]: answer });
  const result = await run(argv, world);
  expect(result).toMatchObject({ code: 0, err: "" });
  expect(result.out).toContain(text);
  expect(seen).toMatchObject([{ authorization: "Bearer t0k3n" }]);
  expect(seen[0]?.body).toEqual(body);
});

it.each<[string, string, object, string]>([
  ["org list", "/organizations", { name: "acme" }, "acme"],
  ["org members acme", "/organizations/acme/members", { user: "ada", role: "owner" }, "ada   owner"],
  ["team list acme", "/organizations/acme/teams", { name: "core", description: "of us" }, "core  of us"],
  ["team members acme:core", `${TEAM}/members`, { user: "ada" }, "ada"],
])("%s", async (argv, ...[path, item, line]) => {
  await serve({ [`GET ${path}?limit=500`]: { body: { items: [item], next: null } } });
  const { code, out } = await run(argv, world);
  expect([code, out.split("\n")[1]]).toEqual([0, expect.stringContaining(line)]);
});

it.each(["team create core", "team delete acme:", "team members :core", "team add a:b:c ada"])(
  "%s says how a team is written",
  async (argv) => {
    const { code, err } = await run(argv, world);
    expect([code, err]).toEqual([2, expect.stringContaining("A team is written organization:team")]);
  },
);

it("team change needs something to change", async () => {
  expect((await run("team change acme:core", world)).err).toContain("There is nothing to change.");
});
