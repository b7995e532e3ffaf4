import type { NpmRoute } from "./context.ts";
import { ORGANIZATION_ROUTES } from "./organization-routes.ts";
import { getUser, logout, ping, whoami } from "./npm/account.ts";
import { auditInBulk, auditTree } from "./npm/audits.ts";
import { getUserPackages } from "./npm/access-lists.ts";
import { getTags, putAllTags, putTag, removeTag } from "./npm/dist-tags.ts";
import { getManifest } from "./npm/get-manifest.ts";
import { getPackument } from "./npm/get-packument.ts";
import { getTarball } from "./npm/get-tarball.ts";
import { deleteOwner, putOwner } from "./npm/owners.ts";
import {
  collaborators,
  deleteTeamPackage,
  getAccess,
  postAccess,
  putTeamPackage,
  visibility,
} from "./npm/package-access.ts";
import { login } from "./npm/login.ts";
import { getProfile, setProfile } from "./npm/profile.ts";
import { putPackage } from "./npm/put-package.ts";
import { attestations, help, keys, registryInfo } from "./npm/registry-info.ts";
import { deletePackage, deleteTarball, putRevision } from "./npm/revisions.ts";
import { search } from "./npm/search.ts";
import { createToken, listTokens, revokeToken } from "./npm/tokens.ts";

/** Who may use single packages. */
const PACKAGE_ACCESS_ROUTES: readonly NpmRoute[] = [
  // These three ask for themselves: about the package in their body, or about the user in their path.
  {
    id: "grant-team-package",
    method: "PUT",
    path: "/-/team/:org/:team/package",
    permission: "none",
    handler: putTeamPackage,
  },
  {
    id: "revoke-team-package",
    method: "DELETE",
    path: "/-/team/:org/:team/package",
    permission: "none",
    handler: deleteTeamPackage,
  },
  {
    id: "list-user-packages",
    method: "GET",
    path: "/-/user/:user/package",
    permission: "none",
    handler: getUserPackages,
  },
  {
    id: "visibility",
    method: "GET",
    path: "/-/package/:package/visibility",
    permission: "view",
    handler: visibility,
  },
  {
    id: "get-access",
    method: "GET",
    path: "/-/package/:package/access",
    permission: "view",
    handler: getAccess,
  },
  {
    id: "set-access",
    method: "POST",
    path: "/-/package/:package/access",
    permission: "manage-access",
    handler: postAccess,
  },
  {
    id: "list-collaborators",
    method: "GET",
    path: "/-/package/:package/collaborators",
    permission: "view-teams",
    handler: collaborators,
  },
];
import { approveWebLogin, beginWebLogin, collectWebLogin, webLoginPage } from "./npm/web-login.ts";

/**
 * Every URL of the npm protocol, below `/npm/<registry>`, `/r/<registry>` or a registry's own host. The first
 * match answers; HEAD is answered wherever GET is. The JSON API's table is `api/routes.ts`.
 */
export const NPM_ROUTES: readonly NpmRoute[] = [
  { id: "registry-info", method: "GET", path: "/", permission: "view", handler: registryInfo },
  {
    id: "help",
    method: "GET",
    path: "/-/help/errors",
    permission: "none",
    ignoresCredential: true,
    handler: help,
  },
  { id: "ping", method: "GET", path: "/-/ping", permission: "none", handler: ping },
  { id: "search", method: "GET", path: "/-/v1/search", permission: "view", handler: search },
  { id: "whoami", method: "GET", path: "/-/whoami", permission: "none", handler: whoami },
  {
    id: "web-login",
    method: "POST",
    path: "/-/v1/login",
    permission: "none",
    ignoresCredential: true,
    handler: beginWebLogin,
  },
  {
    id: "web-login-done",
    method: "GET",
    path: "/-/v1/login/:login",
    permission: "none",
    ignoresCredential: true,
    handler: collectWebLogin,
  },
  {
    id: "web-login-page",
    method: "GET",
    path: "/-/login/:login",
    permission: "none",
    ignoresCredential: true,
    handler: webLoginPage,
  },
  {
    id: "web-login-approve",
    method: "POST",
    path: "/-/login/:login",
    permission: "none",
    ignoresCredential: true,
    isSignIn: true,
    handler: approveWebLogin,
  },
  {
    id: "login",
    method: "PUT",
    path: "/-/user/org.couchdb.user:{user}",
    permission: "none",
    ignoresCredential: true,
    isSignIn: true,
    handler: login,
  },
  {
    id: "login-again",
    method: "PUT",
    path: "/-/user/org.couchdb.user:{user}/-rev/:rev",
    permission: "none",
    ignoresCredential: true,
    isSignIn: true,
    handler: login,
  },
  {
    id: "get-user",
    method: "GET",
    path: "/-/user/org.couchdb.user:{user}",
    permission: "none",
    handler: getUser,
  },
  { id: "profile", method: "GET", path: "/-/npm/v1/user", permission: "none", handler: getProfile },
  { id: "set-profile", method: "POST", path: "/-/npm/v1/user", permission: "none", handler: setProfile },
  {
    id: "logout",
    method: "DELETE",
    path: "/-/user/token/:token",
    permission: "none",
    ignoresCredential: true,
    handler: logout,
  },
  { id: "list-tokens", method: "GET", path: "/-/npm/v1/tokens", permission: "none", handler: listTokens },
  { id: "create-token", method: "POST", path: "/-/npm/v1/tokens", permission: "none", handler: createToken },
  {
    id: "revoke-token",
    method: "DELETE",
    path: "/-/npm/v1/tokens/token/:token",
    permission: "none",
    handler: revokeToken,
  },
  {
    id: "get-tags",
    method: "GET",
    path: "/-/package/:package/dist-tags",
    permission: "view",
    handler: getTags,
  },
  {
    id: "set-tags",
    method: "PUT",
    path: "/-/package/:package/dist-tags",
    permission: "tag",
    handler: putAllTags,
  },
  {
    id: "add-tags",
    method: "POST",
    path: "/-/package/:package/dist-tags",
    permission: "tag",
    handler: putAllTags,
  },
  {
    id: "put-tag",
    method: "PUT",
    path: "/-/package/:package/dist-tags/:rest",
    permission: "tag",
    handler: putTag,
  },
  {
    id: "post-tag",
    method: "POST",
    path: "/-/package/:package/dist-tags/:rest",
    permission: "tag",
    handler: putTag,
  },
  {
    id: "remove-tag",
    method: "DELETE",
    path: "/-/package/:package/dist-tags/:rest",
    permission: "tag",
    handler: removeTag,
  },
  {
    id: "put-owner",
    method: "PUT",
    path: "/-/package/:package/owners",
    permission: "manage-access",
    handler: putOwner,
  },
  {
    id: "delete-owner",
    method: "DELETE",
    path: "/-/package/:package/owners/:user",
    permission: "manage-access",
    handler: deleteOwner,
  },
  ...ORGANIZATION_ROUTES,
  ...PACKAGE_ACCESS_ROUTES,
  {
    id: "audit-bulk",
    method: "POST",
    path: "/-/npm/v1/security/advisories/bulk",
    permission: "view",
    isQuestion: true,
    handler: auditInBulk,
  },
  {
    id: "audit-quick",
    method: "POST",
    path: "/-/npm/v1/security/audits/quick",
    permission: "view",
    isQuestion: true,
    handler: auditTree,
  },
  {
    id: "audit-full",
    method: "POST",
    path: "/-/npm/v1/security/audits",
    permission: "view",
    isQuestion: true,
    handler: auditTree,
  },
  {
    id: "attestations",
    method: "GET",
    path: "/-/npm/v1/attestations/:rest",
    permission: "view",
    handler: attestations,
  },
  { id: "keys", method: "GET", path: "/-/npm/v1/keys", permission: "view", handler: keys },
  { id: "get-packument", method: "GET", path: "/:package", permission: "view", handler: getPackument },
  {
    id: "put-package",
    method: "PUT",
    path: "/:package",
    permission: ["publish", "deprecate"],
    handler: putPackage,
  },
  {
    id: "put-revision",
    method: "PUT",
    path: "/:package/-rev/:rev",
    permission: ["unpublish", "manage-access"],
    handler: putRevision,
  },
  {
    id: "delete-package",
    method: "DELETE",
    path: "/:package/-rev/:rev",
    permission: "unpublish",
    handler: deletePackage,
  },
  {
    id: "get-tarball",
    method: "GET",
    path: "/:package/-/:rest",
    permission: "download",
    handler: getTarball,
  },
  {
    id: "delete-tarball",
    method: "DELETE",
    path: "/:package/-/:rest",
    permission: "unpublish",
    handler: deleteTarball,
  },
  { id: "get-manifest", method: "GET", path: "/:package/:rest", permission: "view", handler: getManifest },
];
