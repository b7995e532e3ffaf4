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
