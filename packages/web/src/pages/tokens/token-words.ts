import { READING, type Permission, type TokenAnswer } from "@entrepot/core";
import { deedsText } from "../people/rule-words.ts";

/** The limits of a token. */
export type Limits = Pick<TokenAnswer, "permissions" | "registries" | "groups" | "packages" | "networks"> & {
  user: string | null;
};

/** What a token may do and where, in plain words: one sentence for each limit. */
export function limitWords(limits: Limits): string[] {
  const { packages, networks } = limits;
  return [
    mayText(limits),
    placeText(limits),
    ...(packages === null ? [] : [`Only ${packages.join(", ")}.`]),
    ...(networks === null ? [] : [`Only from ${networks.join(", ")}.`]),
  ];
}

function mayText({ permissions, user }: Limits): string {
  if (permissions === null) return user === null ? "May do everything." : "May do all that its user may.";
  if (isReading(permissions)) return "Reads and installs; changes nothing.";
  return `May ${deedsText(permissions)}.`;
}

function isReading(permissions: readonly Permission[]): boolean {
  return permissions.length === READING.size && permissions.every((permission) => READING.has(permission));
}

function placeText({ registries, groups }: Limits): string {
  if (registries === null && groups === null) return "In every registry.";
  const named = (registries ?? []).map((name) => name ?? "one that is gone");
  const grouped = (groups ?? []).map((name) => `those of ${name}`);
  return `Only in ${[...named, ...grouped].join(", ")}.`;
}
