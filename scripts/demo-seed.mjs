/** Fills a server with a month of a company's life, all of it through the server's own APIs. */
import { setTimeout as delay } from "node:timers/promises";
import {
  chanceOf,
  DEVELOPERS,
  oneOf,
  ORGANIZATIONS,
  OTHERS,
  ownNames,
  packageInput,
  readmeOf,
  upstreamNames,
} from "./demo-world.mjs";

const DAY_MS = 86_400_000;
const AT_ONCE = 8;
const SETTLE_MS = 50;
const SETTLE_TRIES = 100;

/** How much of everything there is. */
export const SIZES = {
  full: { days: 30, upstreamPackages: 220, ownPackages: 26, installsPerDay: 26 },
  small: { days: 6, upstreamPackages: 24, ownPackages: 6, installsPerDay: 6 },
};

/**
 * Lives through the days up to now. `clock` is what the server takes for the time; `setClock` moves it. Gives what there
 * is in the end.
 */
export async function fill({ app, upstream, seed, size, setClock, endsAt }) {
  const chance = chanceOf(seed);
  const own = ownNames().slice(0, size.ownPackages);
  const names = upstreamNames(chance).slice(0, size.upstreamPackages);
  const world = { app, upstream, chance, size, names, own, people: [], versions: new Map(), published: 0 };
  const startsAt = endsAt - size.days * DAY_MS;
  setClock(startsAt);
  bringUpstream(world, startsAt);
  await makePlaces(world);
  await makePeople(world);
  await makeRules(world);
  for (let day = 1; day <= size.days; day += 1) {
    const at = startsAt + day * DAY_MS;
    await settle(world);
    // The last day ends now, not later.
    setClock(day === size.days ? endsAt - 90 * 60_000 : at - DAY_MS / 2);
    await liveDay(world, { day, at });
  }
  await settle(world);
  setClock(endsAt - 20 * 60_000);
  await leaveOpenEnds(world);
  await settle(world);
  setClock(endsAt);
  return {
    people: DEVELOPERS.length + OTHERS.length + 1,
    upstreamPackages: names.length,
    ownPackages: own.length,
    published: world.published,
  };
}

/** Sends a request and gives its JSON; throws what the server says unless it does as asked. */
async function send(persona, path, { method = "POST", body } = {}) {
  const answer = await persona.request(path, { method, ...(body === undefined ? {} : { body }) });
  if (answer.status < 400) return answer.text === "" ? null : answer.json;
  throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
}

// What runs would be taken for stuck if hours went by meanwhile.
async function settle({ app: { admin } }) {
  for (let tries = 0; tries < SETTLE_TRIES; tries += 1) {
    const { items } = await send(admin, "/api/v1/jobs?limit=100", { method: "GET" });
    if (!items.some(({ state }) => state === "running")) return;
    await delay(SETTLE_MS);
  }
}

async function inTurns(items, work) {
  const waiting = items.entries();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const [at, item] of waiting) await work(item, at);
    }),
  );
}

/** What the world outside had published before. */
function bringUpstream(world, startsAt) {
  for (const name of world.names) {
    const count = 1 + Math.floor(world.chance() * 3);
    for (let minor = 0; minor < count; minor += 1) {
      bringVersion(world, { name, version: `1.${minor}.0`, time: startsAt - (400 - minor * 90) * DAY_MS });
    }
  }
}

function bringVersion(world, { name, version, time }) {
  const { chance, names, upstream, versions } = world;
  const needed = chance() < 0.5 ? { [oneOf(chance, names)]: "^1.0.0" } : {};
  upstream.publish({ ...packageInput(chance, { name, version, dependencies: needed }), time });
  versions.set(name, [...(versions.get(name) ?? []), version]);
}

async function makePlaces({ app: { admin } }) {
  const registries = [
    { name: "web", description: "What the web teams make, with the public packages behind it" },
    { name: "releases", description: "What has passed review; nothing comes from outside" },
    {
      name: "guard",
      description: "In front of the public registry, with its rules in force",
      kind: "firewall",
    },
  ];
  for (const body of registries) await send(admin, "/api/v1/registries", { body });
  for (const name of ["web", "guard"]) {
    await send(admin, `/api/v1/registries/${name}/upstreams`, {
      method: "PUT",
      body: { upstreams: ["public"] },
    });
  }
}

async function makePeople(world) {
  const { admin } = world.app;
  for (const name of DEVELOPERS) world.people.push(await world.app.as(name));
  for (const [name, role = "developer"] of OTHERS) {
    await send(admin, "/api/v1/users", { body: { name, role, email: `${name}@example.test` } });
  }
  await send(admin, "/api/v1/users/viktor", { method: "PATCH", body: { disabled: true } });
  for (const [organization, teams] of Object.entries(ORGANIZATIONS)) {
    await send(admin, "/api/v1/organizations", { body: { name: organization } });
    const path = `/api/v1/organizations/${organization}`;
    for (const [team, members] of Object.entries(teams)) {
      const description = `Makes what ${organization} needs for ${team}`;
      await send(admin, `${path}/teams`, { body: { name: team, description } });
      for (const user of members) {
        await send(admin, `${path}/members/${user}`, { method: "PUT", body: { role: "developer" } });
        await send(admin, `${path}/teams/${team}/members/${user}`, { method: "PUT" });
      }
    }
  }
  await makeRights(admin);
  await makeTokens(world);
}

async function makeRights(admin) {
  const rules = [
    { subject: "team", name: "acme:web", tasks: ["publish"], registry: "web" },
    { subject: "team", name: "harbour:platform", tasks: ["manage-registry"], registry: "guard" },
    {
      effect: "restrict",
      subject: "team",
      name: "acme:payments",
      tasks: ["publish"],
      packages: "@acme/billing",
    },
    { subject: "user", name: "ines", tasks: ["promote"], registry: "releases" },
  ];
  for (const body of rules) await send(admin, "/api/v1/access-rules", { body });
}

async function makeTokens({ app: { admin }, people }) {
  for (const person of people) {
    const name = `laptop of ${person.name}`;
    await send(person, "/api/v1/tokens", { body: { name, readonly: false, expiresInDays: 120 } });
  }
  const own = [
    { name: "deploy-preview", kind: "ci", expiresInDays: 90, registries: ["web"] },
    { name: "nightly build", kind: "ci", expiresInDays: 40, permissions: ["view", "download", "publish"] },
    { name: "office only", expiresInDays: 30, networks: ["10.0.0.0/8"], packages: ["@acme/*"] },
  ];
  for (const body of own) await send(admin, "/api/v1/tokens", { body });
  const keys = [
    { kind: "feed", name: "mirror in the north", registries: ["releases"], description: "Reads at night" },
    {
      kind: "feed",
      name: "storefront pipeline",
      registries: ["web"],
      permissions: ["view", "download", "publish"],
    },
    { kind: "system", name: "inventory", permissions: ["query", "view"], logLevel: "request" },
  ];
  for (const body of keys) await send(admin, "/api/v1/keys", { body });
}

async function makeRules({ app: { admin }, names }) {
  const rules = {
    "age": { mode: "enforce", options: { hours: 72 } },
    "vulnerability": { mode: "enforce" },
    "licence": { mode: "enforce", options: { denied: ["AGPL-3.0-only"] } },
    "deny-list": {
      options: {
        entries: [{ packages: names[3], range: "*", reason: "replaced by our own @acme/api-client" }],
      },
    },
  };
  for (const [rule, body] of Object.entries(rules)) {
    await send(admin, `/api/v1/policy/rules/${rule}`, { method: "PUT", body });
  }
}

/** A day: something new outside, installs, something new inside, and now and then a deed of administrators. */
async function liveDay(world, { day, at }) {
  const { chance, names, size } = world;
  const news = Array.from({ length: Math.ceil(names.length / 25) }, () => oneOf(chance, names));
  for (const name of new Set(news)) {
    const version = `1.${world.versions.get(name).length}.0`;
    bringVersion(world, { name, version, time: at - DAY_MS });
  }
  const isWeekend = day % 7 === 6 || day % 7 === 0;
  const count = Math.ceil(size.installsPerDay * (isWeekend ? 0.25 : 0.7 + chance() * 0.6));
  const installs = Array.from({ length: count }, () => chosenInstall(world));
  await inTurns(installs, install);
  if (!isWeekend) await publishOwn(world, day);
  await deedOf(world, day);
}

// Much is used by everybody and little by few, as it is.
function chosenInstall({ chance, names, people, versions }) {
  const name = names[Math.floor(chance() ** 2 * names.length)];
  const known = versions.get(name);
  const version = chance() < 0.75 ? known.at(-1) : oneOf(chance, known);
  return { person: oneOf(chance, people), name, version, registry: chance() < 0.6 ? "default" : "web" };
}

// What npm does: the document, then the tarball. Refusals are part of the story.
async function install({ person, name, version, registry }) {
  const headers = { "npm-command": "install", "user-agent": "npm/11.6.1 node/v22.20.0 linux x64" };
  await person.request(`/npm/${registry}/${name}`, { headers });
  await person.request(`/npm/${registry}/${name}/-/${name}-${version}.tgz`, { headers });
}

async function publishOwn(world, day) {
  const { chance, own, people } = world;
  const wanted = new Set([own[day % own.length], oneOf(chance, own), oneOf(chance, own)]);
  for (const name of wanted) {
    const version = `${1 + Math.floor(day / 12)}.${day % 12}.0`;
    const input = packageInput(chance, {
      name,
      version,
      dependencies: { [oneOf(chance, world.names)]: "^1.0.0" },
    });
    const readme = readmeOf(name, String(input.manifest.description));
    // What a package's first publisher began, they go on with.
    const person = people[own.indexOf(name) % people.length];
    const { status } = await person.publish({ ...input, readme, registry: "default" });
    if (status < 300) world.published += 1;
  }
}

const DEEDS = {
  2: ({ app: { admin }, names }) =>
    send(admin, "/api/v1/advisories/own", {
      body: {
        package: names[0],
        range: "<1.2.0",
        summary: "Paths with dots leave the folder",
        severity: "high",
      },
    }),
  3: ({ people, names }) =>
    request(people[1], {
      packages: names[3],
      rules: ["deny-list"],
      reason: "The shop still needs it until Friday",
    }),
  4: async (world) => {
    await decideFirst(world, { verb: "approve", note: "until the shop has moved" });
    await hold(world, { name: world.names[5], reason: "New maintainer; being looked at" });
  },
  5: ({ app: { admin }, names }) =>
    send(admin, "/api/v1/advisories/own", {
      body: {
        package: names[7],
        summary: "Sends the environment to a stranger",
        severity: "critical",
        malware: true,
      },
    }),
  9: ({ people, names }) =>
    request(people[4], { packages: names[11], rules: ["licence"], reason: "Only used in a test" }),
  10: (world) => decideFirst(world, { verb: "reject", note: "use another one; this licence spreads" }),
  13: ({ app: { admin }, names }) =>
    send(admin, "/api/v1/exceptions", {
      body: { packages: names[13], rules: ["age"], reason: "Has the fix for our sign-in", days: 60 },
    }),
  17: (world) => hold(world, { name: world.names[17], reason: "Asked its authors about the new script" }),
  19: (world) =>
    send(world.app.admin, `/api/v1/registries/*/packages/${world.names[5]}/versions/1.0.0/release`, {
      body: {},
    }),
  23: ({ app: { admin } }) =>
    send(admin, "/api/v1/users/viktor", { method: "PATCH", body: { role: "read-only" } }),
};

async function deedOf(world, day) {
  await DEEDS[day]?.(world);
}

async function request(person, wish) {
  await send(person, "/api/v1/exception-requests", { body: { days: 30, ...wish } });
}

async function decideFirst({ app: { admin } }, { verb, note }) {
  const { items } = await send(admin, "/api/v1/exceptions?state=requested", { method: "GET" });
  const [first] = items;
  if (first !== undefined) await send(admin, `/api/v1/exceptions/${first.id}/${verb}`, { body: { note } });
}

async function hold({ app: { admin } }, { name, reason }) {
  const path = `/api/v1/registries/*/packages/${name}/versions/1.0.0/status`;
  await send(admin, path, { method: "PUT", body: { status: "held", reason } });
}

/** What still waits for somebody. */
async function leaveOpenEnds(world) {
  const { admin } = world.app;
  const { names, people } = world;
  await request(people[2], { packages: names[1], rules: ["age"], reason: "Mends the crash in our build" });
  await request(people[5], {
    packages: names[9],
    rules: ["licence"],
    reason: "Legal said yes by mail",
    registry: "web",
  });
  await hold(world, { name: names[2], reason: "Twice as large as the version before" });
  await send(admin, "/api/v1/invitations", { body: { email: "adam@example.test" } });
  await send(admin, "/api/v1/invitations", { body: { email: "beatriz@example.test", role: "read-only" } });
  const wrong = { user: "amara", password: "not this one" };
  await world.app.request("/api/v1/login", { method: "POST", body: wrong });
  for (const kind of ["count-downloads", "check-packages", "measure-storage"]) {
    await send(admin, `/api/v1/jobs/${kind}/run`);
  }
}
