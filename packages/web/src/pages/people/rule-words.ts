import { DEEDS, PERMISSIONS, TASKS, type AccessRuleAnswer, type Permission, type Task } from "@entrepot/core";

/** What tasks are called where one is chosen. */
export const TASK_WORDS: Readonly<Record<Task, string>> = {
  "view-and-download": "See and install packages",
  "publish": "Publish, tag and deprecate, and install",
  "promote": "Promote versions, and install",
  "manage-registry": "Manage the registry with all that is in it",
  "administer": "Administer everything",
};

/** Whom a rule is about. */
export function whoText({ subject, name }: Pick<AccessRuleAnswer, "subject" | "name">): string {
  if (subject === "everyone") return "Everyone";
  if (subject === "authenticated") return "Everyone who is signed in";
  if (subject === "anonymous") return "Those who are not signed in";
  return subject === "team" ? `Team ${name ?? "that is gone"}` : (name ?? "A user who is gone");
}

/** What permissions come to, in words; a task that they are is named as one. */
export function deedsText(permissions: readonly Permission[]): string {
  const task = (Object.keys(TASKS) as Task[]).find((name) => isSame(TASKS[name], permissions));
  if (task !== undefined) {
    const words = TASK_WORDS[task];
    return `${words[0]?.toLowerCase()}${words.slice(1)}`;
  }
  return PERMISSIONS.filter((permission) => permissions.includes(permission))
    .map((permission) => DEEDS[permission])
    .join(", ");
}

function isSame(left: readonly Permission[], right: readonly Permission[]): boolean {
  return left.length === right.length && left.every((permission) => right.includes(permission));
}

type Place = Pick<AccessRuleAnswer, "registry" | "group" | "packages">;

/** Where a rule holds. */
export function placeText({ packages, ...place }: Place): string {
  return packages === null ? registryText(place) : `${packages}, ${registryText(place)}`;
}

function registryText({ registry, group }: Omit<Place, "packages">): string {
  if (registry !== null) return `in ${registry}`;
  return group === null ? "in every registry" : `in the registries of ${group}`;
}
