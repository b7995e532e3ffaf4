import { startTestApp, type Persona, type TestApp, type TestResponse } from "@entrepot/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startServerProcess, type ServerProcess } from "./server-process.ts";

const PACKAGES = ["left", "@acme/one", "@acme/two"];
const REGISTRIES = ["default", "unapproved"];

let app: TestApp;
let other: ServerProcess;
let ada: Persona;
let bob: Persona;

beforeAll(async () => {
  app = await startTestApp();
  other = await startServerProcess(app.data);
  [ada, bob] = [await app.as("ada"), await app.as("bob", "read-only")];
  await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "unapproved" } });
  await app.admin.request("/api/v1/registries/unapproved/groups", {
    method: "PUT",
    body: { groups: ["risky"] },
  });
  for (const registry of REGISTRIES) {
    for (const name of PACKAGES) await app.admin.publish({ name, version: "1.0.0", registry });
  }
  await app.admin.request("/api/v1/organizations", { method: "POST", body: { name: "acme" } });
  await app.admin.request("/api/v1/organizations/acme/teams", { method: "POST", body: { name: "core" } });
  await app.admin.request("/api/v1/organizations/acme/members/ada", { method: "PUT", body: {} });
  await app.admin.request("/api/v1/organizations/acme/teams/core/members/ada", { method: "PUT", body: {} });
});
afterAll(async () => {
  await other.stop();
  await app.close();
});

async function rule(body: Record<string, unknown>): Promise<TestResponse> {
  return await app.admin.request("/api/v1/access-rules", { method: "POST", body });
}

/** With the rules in force while `work` runs. */
async function withRules(rules: Record<string, unknown>[], work: () => Promise<void>): Promise<void> {
  const ids: string[] = [];
  try {
    for (const body of rules) {
      const { status, json, text } = await rule(body);
      expect([status, text]).toEqual([201, expect.any(String)]);
      ids.push(String(json["id"]));
    }
    await work();
  } finally {
    for (const id of ids) await app.admin.request(`/api/v1/access-rules/${id}`, { method: "DELETE" });
  }
}

const spelled = (name: string): string => name.replace("/", "%2f");
const base = (name: string): string => name.slice(name.indexOf("/") + 1);

it("a rule for a group that no registry is in comes with a warning", async () => {
  const made = async (group: string): Promise<Record<string, unknown>> => {
    const { json } = await rule({ effect: "restrict", subject: "everyone", permissions: ["push"], group });
    await app.admin.request(`/api/v1/access-rules/${String(json["id"])}`, { method: "DELETE" });
    return json;
  };
  expect(await made("riskey")).toMatchObject({
    warnings: ['No registry is in the group "riskey", so far this concerns none.'],
  });
  expect(await made("risky")).not.toHaveProperty("warnings");
});

/** What can be asked without changing anything: what is refused for another reason than a right is not 401 and not 403. */
const ASKED: Readonly<Record<string, (name: string) => [method: string, path: string, body?: unknown]>> = {
  view: (name) => ["GET", `/${spelled(name)}`],
  download: (name) => ["GET", `/${spelled(name)}/-/${base(name)}-1.0.0.tgz`],
  publish: (name) => ["PUT", `/${spelled(name)}`, { _attachments: { x: { data: "" } } }],
  tag: (name) => ["PUT", `/-/package/${spelled(name)}/dist-tags/t`, '"9.9.9"'],
  unpublish: (name) => ["DELETE", `/${spelled(name)}/-rev/1-stale`],
};

async function isAllowed(
  who: Persona | null,
  permission: string,
  at: { registry: string; name: string },
): Promise<boolean> {
  const [method, path, body] = ASKED[permission]?.(at.name) ?? ["GET", "/"];
  const request = { method, ...(body === undefined ? {} : { body }) };
  const url = `/npm/${at.registry}${path}`;
  const { status } = who === null ? await app.request(url, request) : await who.request(url, request);
  return status !== 401 && status !== 403;
}

async function isSaidToBe(
  who: Persona | null,
  permission: string,
  at: { registry: string; name: string },
): Promise<unknown> {
  const body = { user: who?.name ?? null, permission, registry: at.registry, package: at.name };
  const { status, json } = await app.admin.request("/api/v1/privileges/test", { method: "POST", body });
  expect([status, typeof json["reason"]]).toEqual([200, "string"]);
  return json["allowed"];
}

describe("the question whether somebody may do something", () => {
  it.each<[string, Record<string, unknown>[]]>([
    ["without rules", []],
    [
      "with the example that made their order necessary",
      [
        { subject: "team", name: "acme:core", tasks: ["view-and-download"] },
        {
          effect: "restrict",
          subject: "team",
          name: "acme:core",
          permissions: ["download"],
          registry: "unapproved",
        },
      ],
    ],
    [
      "with a user's grant against everyone's restriction",
      [
        { effect: "restrict", subject: "everyone", permissions: ["publish", "tag"], packages: "@acme/*" },
        { subject: "user", name: "ada", permissions: ["publish"], packages: "@acme/one" },
      ],
    ],
    [
      "with rules on a group of registries",
      [
        {
          effect: "restrict",
          subject: "authenticated",
          permissions: ["unpublish", "publish"],
          group: "risky",
        },
        { subject: "user", name: "bob", permissions: ["download"], group: "risky" },
      ],
    ],
    [
      "with a package that is open to all",
      [
        {
          subject: "everyone",
          permissions: ["view", "download"],
          registry: "default",
          packages: "@acme/two",
        },
      ],
    ],
  ])("is answered as the registry acts: %s", async (_what, rules) => {
    await withRules(rules, async () => {
      for (const who of [ada, bob, null]) {
        for (const permission of Object.keys(ASKED)) {
          for (const at of REGISTRIES.flatMap((registry) => PACKAGES.map((name) => ({ registry, name })))) {
            const asked = { who: who?.name ?? "anonymous", permission, ...at };
            // Twice, so that the second answer comes from where warm ones are kept.
            const acted = [await isAllowed(who, permission, at), await isAllowed(who, permission, at)];
            const said = await isSaidToBe(who, permission, at);
            expect({ ...asked, acted }).toEqual({ ...asked, acted: [said, said] });
          }
        }
      }
    });
  });

  it("is for everybody about themselves, and for administrators about others", async () => {
    const ask = (who: Persona, body: object): Promise<TestResponse> =>
      who.request("/api/v1/privileges/test", { method: "POST", body });
    expect((await ask(bob, { permission: "download", registry: "default" })).json).toEqual({
      allowed: false,
      code: "permission-denied",
      reason: "bob is read-only and may not download packages; ask an administrator.",
      because: { by: "role" },
    });
    expect((await ask(bob, { permission: "view", user: "ada" })).status).toBe(403);
    expect((await ask(app.admin, { permission: "view", user: "nobody-here" })).status).toBe(404);
    expect((await ask(app.admin, { permission: "fly" })).status).toBe(400);
  });

  it("is no for who is disabled, and for a registry that is switched off", async () => {
    const ask = async (body: object): Promise<unknown> =>
      (await app.admin.request("/api/v1/privileges/test", { method: "POST", body })).json;
    const change = (path: string, body: object): Promise<TestResponse> =>
      app.admin.request(`/api/v1${path}`, { method: "PATCH", body });
    await app.as("carl");
    const wish = { permission: "view", registry: "unapproved", package: "left" };
    await change("/users/carl", { disabled: true });
    expect(await ask({ user: "carl", ...wish })).toMatchObject({
      allowed: false,
      code: "user-disabled",
      reason: "The user carl is disabled.",
    });
    await change("/registries/unapproved", { active: false });
    try {
      expect((await ada.request("/npm/unapproved/left")).status).toBe(404);
      expect(await ask({ user: "ada", ...wish })).toMatchObject({
        allowed: false,
        reason: "The registry unapproved is switched off and answers nobody.",
      });
      // That is how it is switched on again.
      expect(await ask({ permission: "manage-registry", registry: "unapproved" })).toMatchObject({
        allowed: true,
      });
    } finally {
      await change("/registries/unapproved", { active: true });
    }
  });

  it("names the rule that decided", async () => {
    await withRules(
      [{ effect: "restrict", subject: "user", name: "ada", permissions: ["publish"] }],
      async () => {
        const { items } = (await app.admin.request("/api/v1/access-rules")).json as {
          items: { id: string }[];
        };
        const body = { user: "ada", permission: "publish", registry: "default" };
        const { json } = await app.admin.request("/api/v1/privileges/test", { method: "POST", body });
        expect(json["because"]).toEqual({ by: "rule", ruleId: items[0]?.id });
      },
    );
  });
});

describe("a rule", () => {
  it("is shown as it was made", async () => {
    const body = {
      effect: "restrict",
      subject: "team",
      name: "acme:core",
      permissions: ["publish"],
      registry: "unapproved",
      packages: "@acme/*",
    };
    await withRules([body], async () => {
      const shown = await app.admin.request("/api/v1/access-rules?registry=unapproved");
      expect(shown.json["items"]).toEqual([
        {
          id: expect.any(String),
          ...body,
          group: null,
          createdBy: "admin",
          createdAt: expect.stringMatching(/Z$/),
        },
      ]);
      expect((await app.admin.request("/api/v1/access-rules?registry=default")).json["items"]).toEqual([]);
    });
  });

  it("holds at once in every process, and so does taking it back", async () => {
    const at = { registry: "default", name: "left" };
    const elsewhere = async (): Promise<number> => {
      const answer = await fetch(`${other.url}/npm/default/left`, {
        headers: { authorization: `Bearer ${ada.token}` },
      });
      await answer.arrayBuffer();
      return answer.status;
    };
    for (let round = 0; round < 3; round += 1) {
      expect([await isAllowed(ada, "view", at), await elsewhere()]).toEqual([true, 200]);
      await withRules(
        [{ effect: "restrict", subject: "user", name: "ada", permissions: ["view"] }],
        async () => {
          expect([await isAllowed(ada, "view", at), await elsewhere()]).toEqual([false, 403]);
        },
      );
    }
  });

  it("on a team ends for who leaves it", async () => {
    const at = { registry: "default", name: "left" };
    await withRules(
      [{ effect: "restrict", subject: "team", name: "acme:core", permissions: ["download"] }],
      async () => {
        expect(await isAllowed(ada, "download", at)).toBe(false);
        const member = "/api/v1/organizations/acme/teams/core/members/ada";
        expect((await app.admin.request(member, { method: "DELETE" })).status).toBe(204);
        expect(await isAllowed(ada, "download", at)).toBe(true);
        await app.admin.request(member, { method: "PUT", body: {} });
        expect(await isAllowed(ada, "download", at)).toBe(false);
      },
    );
  });

  it("leaves out of lists what may not be seen", async () => {
    const names = async (who: Persona): Promise<unknown[]> => {
      const { json } = await who.request("/api/v1/registries/default/versions?limit=500");
      return (json["items"] as { name: string }[]).map(({ name }) => name);
    };
    await withRules(
      [
        { effect: "restrict", subject: "user", name: "ada", permissions: ["view"], packages: "@acme/*" },
        { effect: "restrict", subject: "user", name: "ada", permissions: ["view"], registry: "unapproved" },
      ],
      async () => {
        expect(await names(ada)).toEqual(["left"]);
        expect(await names(bob)).toEqual(["@acme/one", "@acme/two", "left"]);
        const { items } = (await ada.request("/api/v1/registries")).json as { items: { name: string }[] };
        expect(items.map(({ name }) => name)).toEqual(["default"]);
        expect((await ada.request("/api/v1/registries/unapproved")).status).toBe(403);
      },
    );
  });

  it("cannot keep an owner out", async () => {
    await withRules(
      [{ effect: "restrict", subject: "everyone", permissions: ["administer", "manage-registry"] }],
      async () => {
        expect((await app.admin.request("/api/v1/users")).status).toBe(200);
        const admin = await app.as("second", "admin");
        expect((await admin.request("/api/v1/users")).status).toBe(403);
      },
    );
  });

  it("goes with the registry that it was on", async () => {
    await app.admin.request("/api/v1/registries", { method: "POST", body: { name: "passing" } });
    await rule({ subject: "everyone", permissions: ["view"], registry: "passing" });
    await app.admin.request("/api/v1/registries/passing", { method: "DELETE" });
    expect((await app.admin.request("/api/v1/access-rules")).json["items"]).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ["nothing", { subject: "everyone", permissions: [] }, 400],
    ["an unknown permission", { subject: "everyone", permissions: ["fly"] }, 400],
    ["an unknown subject", { subject: "robots", permissions: ["view"] }, 400],
    ["a user without a name", { subject: "user", permissions: ["view"] }, 404],
    ["an unknown user", { subject: "user", name: "nobody-here", permissions: ["view"] }, 404],
    ["an unknown team", { subject: "team", name: "acme:none", permissions: ["view"] }, 404],
    ["an unknown registry", { subject: "everyone", permissions: ["view"], registry: "none" }, 404],
    [
      "a registry and a group",
      { subject: "everyone", permissions: ["view"], registry: "default", group: "g" },
      400,
    ],
    [
      "packages and a right that is about none",
      { subject: "user", name: "ada", permissions: ["administer"], packages: "left" },
      400,
    ],
    ...["administer", "manage-teams", "view-teams", "query"].flatMap<
      [string, Record<string, unknown>, number]
    >((permission) =>
      [{ registry: "default" }, { group: "risky" }].map((place) => [
        `${permission} on ${Object.keys(place).join()}`,
        { subject: "user", name: "ada", permissions: ["view", permission], ...place },
        400,
      ]),
    ),
    ["a pattern that is none", { subject: "user", name: "ada", permissions: ["view"], packages: "*" }, 400],
    ["publishing for strangers", { subject: "anonymous", permissions: ["publish"] }, 400],
    ["publishing for everyone", { subject: "everyone", permissions: ["publish"] }, 400],
  ])("is refused for %s", async (_what, body, expected) => {
    const { status, json } = await rule(body);
    expect([status, typeof json.error]).toEqual([expected, "string"]);
  });
});
