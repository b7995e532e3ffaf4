import type { NpmRoute } from "./context.ts";
import { getUser, login, logout, ping, webLogin, whoami } from "./npm/account.ts";
import { getTags, putAllTags, putTag, removeTag } from "./npm/dist-tags.ts";
import { getManifest } from "./npm/get-manifest.ts";
import { getPackument } from "./npm/get-packument.ts";
import { getTarball } from "./npm/get-tarball.ts";
import { deleteOwner, putOwner } from "./npm/owners.ts";
import { putPackage } from "./npm/put-package.ts";
import { attestations, help, registryInfo, visibility } from "./npm/registry-info.ts";
import { deletePackage, deleteTarball, putRevision } from "./npm/revisions.ts";
import { createToken, listTokens, revokeToken } from "./npm/tokens.ts";

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
  { id: "whoami", method: "GET", path: "/-/whoami", permission: "none", handler: whoami },
  {
    id: "web-login",
    method: "POST",
    path: "/-/v1/login",
    permission: "none",
    ignoresCredential: true,
    handler: webLogin,
  },
  {
    id: "login",
    method: "PUT",
    path: "/-/user/org.couchdb.user:{user}",
    permission: "none",
    ignoresCredential: true,
    handler: login,
  },
  {
    id: "get-user",
    method: "GET",
    path: "/-/user/org.couchdb.user:{user}",
    permission: "none",
    handler: getUser,
  },
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
  {
    id: "visibility",
    method: "GET",
    path: "/-/package/:package/visibility",
    permission: "view",
    handler: visibility,
  },
  {
    id: "attestations",
    method: "GET",
    path: "/-/npm/v1/attestations/:rest",
    permission: "view",
    handler: attestations,
  },
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
