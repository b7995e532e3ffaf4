import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type FakeUpstream,
  type TestApp,
  type TestClock,
} from "@entrepot/testkit";
import { afterAll, beforeAll, expect, it, vi } from "vitest";

/*
 * The registry `fw` of one server is the upstream of the registry `team` of another. What is held or discarded in `fw`
 * cannot be had through `team` as soon as `team` asks again, whatever it kept.
 */

const HOUR = 60 * 60 * 1000;

let source: FakeUpstream;
let clock: TestClock;
let firewall: TestApp;
let team: TestApp;

beforeAll(async () => {
  source = await createFakeUpstream();
  for (const version of ["1.0.0", "1.1.0"]) source.publish({ name: "left", version });
  clock = createTestClock();
  firewall = await startTestApp({ upstream: source.url, now: clock.now });
  await api(firewall, "POST /registries", { name: "fw", anonymousRead: true });
  await api(firewall, "PUT /registries/fw/upstreams", { upstreams: ["public"] });
  team = await startTestApp({ upstream: `${firewall.url}/npm/fw/`, now: clock.now });
  await api(team, "POST /registries", { name: "team" });
  await api(team, "PUT /registries/team/upstreams", { upstreams: ["public"] });
});
afterAll(async () => {
  await team.close();
  await firewall.close();
  await source.close();
});

async function api(where: TestApp, wanted: string, body?: unknown): Promise<void> {
  const [method = "", path = ""] = wanted.split(" ");
  const { status, text } = await where.admin.request(`/api/v1${path}`, {
    method,
    ...(body === undefined ? {} : { body }),
  });
  expect([status < 300, text]).toEqual([true, expect.anything()]);
}

interface Seen {
  listed: string[];
  latest: string | undefined;
  /** Of 1.1.0. */
  hasTarball: boolean;
}

/** What an installation by `team` finds of left@1.1.0, once what it kept is out of date. */
async function install(): Promise<Seen> {
  clock.advance(HOUR);
  const { status, json } = await team.admin.request("/npm/team/left");
  expect(status).toBe(200);
  const tarball = await team.admin.request("/npm/team/left/-/left-1.1.0.tgz");
  expect([200, 403, 404]).toContain(tarball.status);
  const tags = json["dist-tags"] as Record<string, string>;
  return {
    listed: Object.keys(json["versions"] as object),
    latest: tags["latest"],
    hasTarball: tarball.status === 200,
  };
}

/** Waits, since a document that is out of date is served while the new one is fetched behind the answer. */
async function expectInstall(expected: Seen): Promise<void> {
  await vi.waitFor(async () => expect(await install()).toEqual(expected), { timeout: 10_000 });
}

const AT = "/registries/fw/packages/left/versions/1.1.0";
const ALL: Seen = { listed: ["1.0.0", "1.1.0"], latest: "1.1.0", hasTarball: true };
const WITHOUT: Seen = { listed: ["1.0.0"], latest: "1.0.0", hasTarball: false };

it("what is held in fw cannot be installed by team, and can again when it is released", async () => {
  await expectInstall(ALL);
  await api(firewall, `PUT ${AT}/status`, { status: "held", reason: "to be looked at" });
  await expectInstall(WITHOUT);
  await api(firewall, `POST ${AT}/release`, {});
  await expectInstall(ALL);
});

it("what is discarded in fw is gone in team, also what team kept of it", async () => {
  await expectInstall(ALL);
  await api(firewall, `POST ${AT}/discard`, { reason: "stolen release" });
  await expectInstall(WITHOUT);
});

it("what fw keeps back team refuses with fw's reason, and what there is not is not found", async () => {
  await api(firewall, "PUT /registries/fw/packages/right/versions/2.0.0/status", {
    status: "blocked",
    reason: "sends the environment to a stranger",
  });
  for (const version of ["1.0.0", "2.0.0"]) source.publish({ name: "right", version });
  const { json } = await team.admin.request("/npm/team/right");
  expect(Object.keys(json["versions"] as object)).toEqual(["1.0.0"]);
  for (const path of ["right/2.0.0", "right/-/right-2.0.0.tgz"]) {
    const refused = await team.admin.request(`/npm/team/${path}`);
    expect([refused.status, refused.json["rule"]]).toEqual([403, "upstream"]);
    expect(refused.json.error).toMatch(/"public" refuses it: right@2\.0\.0 .*environment.*operator-status/);
  }
  for (const path of ["right/3.0.0", "right/-/right-3.0.0.tgz"]) {
    expect((await team.admin.request(`/npm/team/${path}`)).status).toBe(404);
  }
  const why = await team.admin.request("/api/v1/registries/team/explain?package=right&range=2.0.0");
  expect(String(why.json["text"])).toContain("sends the environment");
});

it("a tarball that fw refuses before team has heard of it is refused with fw's reason", async () => {
  source.publish({ name: "late", version: "1.0.0" });
  expect((await team.admin.request("/npm/team/late")).status).toBe(200);
  await api(firewall, "PUT /registries/fw/packages/late/versions/1.0.0/status", {
    status: "blocked",
    reason: "miner",
  });
  const { status, json } = await team.admin.request("/npm/team/late/-/late-1.0.0.tgz");
  expect([status, json["rule"], json.error]).toEqual([403, "upstream", expect.stringContaining("miner")]);
});
