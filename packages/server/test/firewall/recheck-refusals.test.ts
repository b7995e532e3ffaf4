import {
  createFakeUpstream,
  createTestClock,
  startTestApp,
  type Persona,
  type TestApp,
} from "@entrepot/testkit";
import { expect, it } from "vitest";
import type { Database } from "../../src/db/index.ts";
import {
  createDecisionLog,
  listNotices,
  recheckRefusals,
  type Decided,
  type PackageToday,
} from "../../src/firewall/index.ts";
import { createSilentLog } from "../../src/telemetry/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";

const DAY_MS = 86_400_000;

const refused = (name: string, version: string): Decided => ({
  registryId: "r",
  registry: "default",
  name,
  version,
  outcome: "refused",
  purpose: "tarball",
  rule: "age",
  reason: "It is two hours old",
  until: null,
});

async function prepare(db: Database): Promise<void> {
  const user = {
    workspace_id: "w",
    full_name: "",
    email: null,
    password_hash: null,
    role: "developer" as const,
    must_change_password: 0 as const,
    disabled_at: null,
    created_at: 0,
    updated_at: 0,
  };
  await db.write(async (trx) => {
    await trx.insertInto("workspaces").values({ id: "w", name: "w", host: null, created_at: 0 }).execute();
    for (const name of ["ada", "bob"]) {
      await trx
        .insertInto("users")
        .values({ ...user, id: name, name, display_name: name })
        .execute();
    }
  });
}

describeOnEachDatabase("refusals that do not hold any more", (databases) => {
  it("are told once to each who met them", async () => {
    const db = await databases.open();
    await prepare(db);
    const clock = createTestClock(100 * DAY_MS);
    const log = createDecisionLog({
      db,
      workspaceId: "w",
      now: clock.now,
      log: createSilentLog(),
      audit: { record: () => undefined },
    });
    function refuse(decided: Decided, principal: string, daysAgo = 0): void {
      const at = clock.now() - daysAgo * DAY_MS;
      log.record(decided, {
        principal,
        credential: null,
        address: "",
        client: undefined,
        project: undefined,
        at,
      });
    }
    refuse(refused("ancient", "1.0.0"), "ada", 40);
    refuse(refused("left", "1.0.0"), "ada", 3);
    await log.flush();
    refuse(refused("left", "1.0.0"), "ada", 1);
    refuse(refused("left", "1.0.0"), "bob");
    refuse(refused("left", "2.0.0"), "bob");
    refuse(refused("gone", "1.0.0"), "bob");
    refuse(refused("left", "1.0.0"), "anonymous");
    refuse(refused("left", "1.0.0"), "key build");
    refuse({ ...refused("left", "*"), outcome: "withheld" }, "bob");
    refuse({ ...refused("left", "2.0.0"), outcome: "served" }, "ada");
    await log.flush();
    const hidden = new Map<string, unknown>([["2.0.0", {}]]);
    const asked: string[] = [];
    async function today(_registryId: string, name: string): Promise<PackageToday | null> {
      asked.push(name);
      return name === "gone" ? null : { registry: "default", versions: ["1.0.0", "2.0.0"], hidden };
    }
    const deps = { db, workspaceId: "w", now: clock.now, today };
    const noticesOf = async (userName: string): Promise<string[]> => {
      const found = await listNotices({ db }, { workspaceId: "w", userName, withRead: true });
      return found.map(({ kind, text }) => `${kind} ${text.split(" ")[0] ?? ""}`).sort();
    };
    expect(await recheckRefusals(deps)).toBe(2);
    expect(asked.sort()).toEqual(["gone", "left"]);
    expect(await noticesOf("ada")).toEqual(["refusal-reversed left@1.0.0"]);
    expect(await noticesOf("bob")).toEqual(["refusal-reversed left@1.0.0"]);
    expect(await recheckRefusals(deps)).toBe(0);
    hidden.clear();
    expect(await recheckRefusals(deps)).toBe(1);
    expect(await noticesOf("bob")).toEqual(["refusal-reversed left@1.0.0", "refusal-reversed left@2.0.0"]);
    refuse(refused("left", "1.0.0"), "ada");
    await log.close();
    expect(await recheckRefusals(deps)).toBe(1);
    expect(await noticesOf("ada")).toEqual(["refusal-reversed left@1.0.0", "refusal-reversed left@1.0.0"]);
  });
});

async function noticesFor(
  app: TestApp,
  who: Persona,
  count: number,
): Promise<{ kind: string; text: string }[]> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { json } = await who.request("/api/v1/notices");
    const items = json["items"] as { kind: string; text: string }[];
    if (items.length >= count) return items;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await app.admin.request("/api/v1/jobs/recheck-refusals/run", { method: "POST" });
  }
  throw new Error("no notice came");
}

it("tells a person whose version is let go, behind the change of policy", async () => {
  const upstream = await createFakeUpstream();
  upstream.publish({ name: "left", version: "1.0.0" });
  upstream.publish({ name: "left", version: "1.1.0" });
  const app = await startTestApp({ upstream: upstream.url });
  try {
    const ada = await app.as("ada");
    const status = "/api/v1/registries/*/packages/left/versions/1.1.0/status";
    const body = { status: "blocked", reason: "looks odd" };
    await app.admin.request(status, { method: "PUT", body });
    expect((await ada.request("/npm/default/left/-/left-1.1.0.tgz")).status).toBe(403);
    await app.admin.request("/api/v1/decisions");
    await app.admin.request(status, { method: "DELETE" });
    const { json } = await app.admin.request("/api/v1/jobs?kind=recheck-refusals");
    expect((json["items"] as unknown[]).length).toBeGreaterThan(0);
    const [notice, ...others] = await noticesFor(app, ada, 1);
    expect(others).toEqual([]);
    expect(notice?.kind).toBe("refusal-reversed");
    expect(notice?.text).toMatch(
      /^left@1\.1\.0 was refused to you on .* \(looks odd\)\. The registry "default" gives/,
    );
  } finally {
    await app.close();
    await upstream.close();
  }
});
