/**
 * What can be done. `view` to `push` concern packages; `query` the inventory; `view-teams` and `manage-teams`
 * organizations and their teams; `manage-registry` a registry's settings and policy; `administer` everything of the
 * workspace, people and registries included.
 */
export const PERMISSIONS = [
  "view",
  "download",
  "publish",
  "overwrite",
  "tag",
  "deprecate",
  "unpublish",
  "manage-access",
  "promote",
  "push",
  "query",
  "view-teams",
  "manage-teams",
  "manage-registry",
  "administer",
] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** Roles of users in a workspace, the mightiest first. */
export const ROLES = ["owner", "admin", "developer", "read-only"] as const;

export type Role = (typeof ROLES)[number];

/** What changes nothing: all that a read-only token may do. */
export const READING: ReadonlySet<Permission> = new Set<Permission>([
  "view",
  "download",
  "query",
  "view-teams",
]);

/** What is done to packages, for which a rule that keeps them out of sight is a refusal too. */
export const NEEDS_SIGHT: ReadonlySet<Permission> = new Set<Permission>([
  "download",
  "publish",
  "overwrite",
  "tag",
  "deprecate",
  "unpublish",
  "manage-access",
  "promote",
  "push",
]);

const DEVELOPER: readonly Permission[] = [
  "view",
  "download",
  "publish",
  "tag",
  "deprecate",
  "unpublish",
  "manage-access",
  "promote",
  "query",
  "view-teams",
];

/** What a role may do where no rule says otherwise. Who is read-only sees what there is, and installs nothing. */
export const PERMISSIONS_OF_ROLE: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  "owner": new Set(PERMISSIONS),
  "admin": new Set(PERMISSIONS),
  "developer": new Set(DEVELOPER),
  "read-only": new Set<Permission>(["view", "query", "view-teams"]),
};

/** A name of {@link TASKS}. */
export type Task = "view-and-download" | "publish" | "promote" | "manage-registry" | "administer";

/** Permissions that go together, by the names under which administrators know them. */
export const TASKS: Readonly<Record<Task, readonly Permission[]>> = {
  "view-and-download": ["view", "download"],
  "publish": ["view", "download", "publish", "tag", "deprecate"],
  "promote": ["view", "download", "promote"],
  "manage-registry": ["view", ...NEEDS_SIGHT, "manage-registry"],
  "administer": PERMISSIONS,
};

/** How a refusal speaks of each, as in "may not …". */
export const DEEDS: Readonly<Record<Permission, string>> = {
  "view": "see packages",
  "download": "download packages",
  "publish": "publish",
  "overwrite": "overwrite versions",
  "tag": "change tags",
  "deprecate": "deprecate",
  "unpublish": "unpublish",
  "manage-access": "change who may use a package",
  "promote": "promote versions",
  "push": "push packages to other registries",
  "query": "query the inventory",
  "view-teams": "see organizations and teams",
  "manage-teams": "manage organizations and teams",
  "manage-registry": "manage registries",
  "administer": "administer this server",
};
