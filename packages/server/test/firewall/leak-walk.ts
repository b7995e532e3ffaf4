import { isDownloadable, type Verdict } from "@entrepot/core";
import type { Persona, TestApp, TestResponse } from "@entrepot/testkit";
import { expect } from "vitest";
import { API_ROUTES, NPM_ROUTES } from "../../src/http/index.ts";
import { requestFor } from "../http/route-requests.ts";
import type { World } from "./leak-worlds.ts";

/** Members of answers that tell what is not there, and why. */
const EXPLANATIONS = new Set(["_policy", "policyRestrictions", "error", "message", "reason"]);
/** Asked one by one below; the rest of the table is walked. */
const ASKED_CLOSELY = new Set(["get-packument", "get-manifest", "get-tarball"]);
const OTHER_READS = NPM_ROUTES.filter(
  ({ id, method }) => method === "GET" && !ASKED_CLOSELY.has(id) && !id.startsWith("web-login"),
);
/** What the JSON API tells of packages, and of those that it finds. */
const API_READS = API_ROUTES.filter(({ method, path }) => method === "GET" && path.includes(":package"));
const API_SEARCHES = ["/packages?query=", "/registries/default/packages?query="];

/** Asks every other route for what may not be had; nothing without a reader, or for what may be had. */
export async function walk(
  at: TestApp,
  world: World,
  { version, verdict, reader }: { version: string; verdict: Verdict | undefined; reader: Persona | null },
): Promise<void> {
  if (reader === null || verdict === undefined) return;
  await walkRoutes(at, world.name, version);
  if (!isDownloadable(verdict)) await walkApi(reader, world, version);
}

async function walkRoutes(at: TestApp, name: string, version: string): Promise<void> {
  for (const { id } of OTHER_READS) {
    const { path, ...request } = requestFor(id, { name, spelling: name, version });
    const response = await at.admin.request(`/npm/default${path}`, request);
    expect([id, id === "search" ? finds(response, name, version) : offers(response, version)]).toEqual([
      id,
      false,
    ]);
  }
}

/** Other packages that are found along with it have versions of the same numbers. */
function finds({ json }: TestResponse, name: string, version: string): boolean {
  const { objects } = json as unknown as { objects: { package: { name: string } }[] };
  return JSON.stringify(objects.filter((found) => found.package.name === name)).includes(version);
}

/** What a version says of itself, which nothing else says. */
export function wordOf(version: string): string {
  return `word-${version.replace(/\W/g, "-")}`;
}

/** Asks the JSON API, as somebody who may only read, for all that it tells of a version, which may name it but not give its words. */
async function walkApi(reader: Persona, { name, versions }: World, version: string): Promise<void> {
  const other = versions.find((known) => known.version !== version)?.version ?? version;
  const asked = API_READS.map(({ path }) =>
    path.replace(":name", "default").replace(":package", name).replace(":version", version),
  );
  const queries = `?path=package.json&from=${other}&to=${version}&range=${version}`;
  for (const path of [...asked.map((each) => each + queries), ...API_SEARCHES.map((each) => each + name)]) {
    const { text, status } = await reader.request(`/api/v1${path}`);
    expect([path, status]).not.toEqual([path, 401]);
    expect([path, text.includes(`${name}-${wordOf(version)}`)]).toEqual([path, false]);
  }
}

/** True when an answer has the version as bytes or as anything but the explanation of its absence. */
export function offers(response: TestResponse, version: string): boolean {
  if (response.headers["content-type"] === "application/octet-stream") return true;
  if (!response.text.startsWith("{")) return response.text.includes(version);
  const offered = Object.entries(response.json).filter(([member]) => !EXPLANATIONS.has(member));
  return response.status < 400 && JSON.stringify(offered).includes(version);
}
