import { makePublishDocument } from "@entrepot/testkit";

/** A version that a route is asked about. */
export interface RouteTarget {
  /** Name as it is written in JSON. */
  name: string;
  /** Name as it is written in the path, for example `@acme%2fleft`. */
  spelling: string;
  version: string;
  /** A `_rev`; one that is not current makes writes answer 409. */
  rev?: string;
}

/** A request below a registry's prefix. */
interface RouteRequest {
  method: string;
  path: string;
  body?: unknown;
}

type Ask = (target: RouteTarget) => RouteRequest;

const TAG = "checked";

function tarballOf({ name, version }: RouteTarget): string {
  return `${name.slice(name.indexOf("/") + 1)}-${version}.tgz`;
}

function documentOf({ name, version, rev = "1-stale" }: RouteTarget): Record<string, unknown> {
  return { _id: name, _rev: rev, name, versions: { [version]: { name, version } } };
}

function treeOf({ name, version }: RouteTarget): Record<string, unknown> {
  return { name: "app", version: "1.0.0", requires: { [name]: "*" }, dependencies: { [name]: { version } } };
}

/**
 * How to ask each route of the npm protocol, by its id. Tests that walk the table look here, so that a new
 * route without an entry makes them fail.
 */
const ROUTE_REQUESTS: Readonly<Record<string, Ask>> = {
  "registry-info": () => ({ method: "GET", path: "/" }),
  "search": ({ name }) => ({ method: "GET", path: `/-/v1/search?text=${encodeURIComponent(name)}` }),
  "help": () => ({ method: "GET", path: "/-/help/errors" }),
  "ping": () => ({ method: "GET", path: "/-/ping" }),
  "whoami": () => ({ method: "GET", path: "/-/whoami" }),
  "web-login": () => ({ method: "POST", path: "/-/v1/login", body: {} }),
  "web-login-done": () => ({ method: "GET", path: "/-/v1/login/nothing" }),
  "web-login-page": () => ({ method: "GET", path: "/-/login/nothing" }),
  "web-login-approve": () => ({ method: "POST", path: "/-/login/nothing", body: {} }),
  "login": () => ({
    method: "PUT",
    path: "/-/user/org.couchdb.user:nobody",
    body: { name: "nobody", password: "not the password" },
  }),
  "login-again": () => ({
    method: "PUT",
    path: "/-/user/org.couchdb.user:nobody/-rev/1-0",
    body: { name: "nobody", password: "not the password" },
  }),
  "get-user": () => ({ method: "GET", path: "/-/user/org.couchdb.user:admin" }),
  "profile": () => ({ method: "GET", path: "/-/npm/v1/user" }),
  "set-profile": () => ({ method: "POST", path: "/-/npm/v1/user", body: {} }),
  "logout": () => ({ method: "DELETE", path: "/-/user/token/not-a-token" }),
  "list-tokens": () => ({ method: "GET", path: "/-/npm/v1/tokens" }),
  // Without a password, so that none is made.
  "create-token": () => ({ method: "POST", path: "/-/npm/v1/tokens", body: { name: "x" } }),
  "revoke-token": () => ({ method: "DELETE", path: "/-/npm/v1/tokens/token/not-a-token" }),
  "get-tags": ({ spelling }) => ({ method: "GET", path: `/-/package/${spelling}/dist-tags` }),
  "set-tags": ({ spelling, version }) => ({
    method: "PUT",
    path: `/-/package/${spelling}/dist-tags`,
    body: { latest: version, [TAG]: version },
  }),
  "add-tags": ({ spelling, version }) => ({
    method: "POST",
    path: `/-/package/${spelling}/dist-tags`,
    body: { [TAG]: version },
  }),
  "put-tag": ({ spelling, version }) => ({
    method: "PUT",
    path: `/-/package/${spelling}/dist-tags/${TAG}`,
    body: JSON.stringify(version),
  }),
  "post-tag": ({ spelling, version }) => ({
    method: "POST",
    path: `/-/package/${spelling}/dist-tags/${TAG}`,
    body: JSON.stringify(version),
  }),
  "remove-tag": ({ spelling }) => ({ method: "DELETE", path: `/-/package/${spelling}/dist-tags/latest` }),
  "put-owner": ({ spelling }) => ({
    method: "PUT",
    path: `/-/package/${spelling}/owners`,
    body: { user: "admin" },
  }),
  "delete-owner": ({ spelling }) => ({ method: "DELETE", path: `/-/package/${spelling}/owners/admin` }),
  "visibility": ({ spelling }) => ({ method: "GET", path: `/-/package/${spelling}/visibility` }),
  // Of organizations that are not there, so that whoever is let in changes nothing.
  "list-members": () => ({ method: "GET", path: "/-/org/absent/user" }),
  "set-member": () => ({ method: "PUT", path: "/-/org/absent/user", body: { user: "admin" } }),
  "remove-member": () => ({ method: "DELETE", path: "/-/org/absent/user", body: { user: "admin" } }),
  "list-teams": () => ({ method: "GET", path: "/-/org/absent/team" }),
  "create-team": () => ({ method: "PUT", path: "/-/org/absent/team", body: { name: "core" } }),
  "remove-team": () => ({ method: "DELETE", path: "/-/team/absent/core" }),
  "list-team-members": () => ({ method: "GET", path: "/-/team/absent/core/user" }),
  "add-team-member": () => ({ method: "PUT", path: "/-/team/absent/core/user", body: { user: "admin" } }),
  "remove-team-member": () => ({
    method: "DELETE",
    path: "/-/team/absent/core/user",
    body: { user: "admin" },
  }),
  "list-organization-packages": () => ({ method: "GET", path: "/-/org/absent/package" }),
  "list-team-packages": () => ({ method: "GET", path: "/-/team/absent/core/package" }),
  "list-user-packages": () => ({ method: "GET", path: "/-/user/absent/package" }),
  "grant-team-package": ({ name }) => ({
    method: "PUT",
    path: "/-/team/absent/core/package",
    body: { package: name, permissions: "read-write" },
  }),
  "revoke-team-package": ({ name }) => ({
    method: "DELETE",
    path: "/-/team/absent/core/package",
    body: { package: name },
  }),
  "get-access": ({ spelling }) => ({ method: "GET", path: `/-/package/${spelling}/access` }),
  "set-access": ({ spelling }) => ({
    method: "POST",
    path: `/-/package/${spelling}/access`,
    body: { access: "restricted" },
  }),
  "list-collaborators": ({ spelling }) => ({ method: "GET", path: `/-/package/${spelling}/collaborators` }),
  "attestations": ({ spelling, version }) => ({
    method: "GET",
    path: `/-/npm/v1/attestations/${spelling}@${version}`,
  }),
  "keys": () => ({ method: "GET", path: "/-/npm/v1/keys" }),
  "audit-bulk": ({ name, version }) => ({
    method: "POST",
    path: "/-/npm/v1/security/advisories/bulk",
    body: { [name]: [version] },
  }),
  "audit-quick": (target) => ({
    method: "POST",
    path: "/-/npm/v1/security/audits/quick",
    body: treeOf(target),
  }),
  "audit-full": (target) => ({ method: "POST", path: "/-/npm/v1/security/audits", body: treeOf(target) }),
  "get-packument": ({ spelling }) => ({ method: "GET", path: `/${spelling}` }),
  "put-package": (target) => ({
    method: "PUT",
    path: `/${target.spelling}`,
    body: makePublishDocument({ ...target, bundle: BUNDLE }).body,
  }),
  "put-revision": (target) => ({
    method: "PUT",
    path: `/${target.spelling}/-rev/${target.rev ?? "1-stale"}`,
    body: documentOf(target),
  }),
  "delete-package": ({ spelling, rev = "1-stale" }) => ({
    method: "DELETE",
    path: `/${spelling}/-rev/${rev}`,
  }),
  "get-tarball": (target) => ({ method: "GET", path: `/${target.spelling}/-/${tarballOf(target)}` }),
  "delete-tarball": (target) => ({
    method: "DELETE",
    path: `/${target.spelling}/-/${tarballOf(target)}/-rev/${target.rev ?? "1-stale"}`,
  }),
  "get-manifest": ({ spelling, version }) => ({ method: "GET", path: `/${spelling}/${version}` }),
};

/** A sigstore bundle as far as a registry looks at it. */
export const BUNDLE = {
  mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
  dsseEnvelope: {
    payloadType: "application/vnd.in-toto+json",
    payload: Buffer.from(JSON.stringify({ predicateType: "https://slsa.dev/provenance/v1" })).toString(
      "base64",
    ),
    signatures: [{ sig: "c2ln" }],
  },
};

/** How to ask a route; throws when the table has no entry for it. */
export function requestFor(routeId: string, target: RouteTarget): RouteRequest {
  const ask = ROUTE_REQUESTS[routeId];
  if (ask === undefined) throw new Error(`no entry for the route ${routeId} in route-requests.ts; add one`);
  return ask(target);
}
