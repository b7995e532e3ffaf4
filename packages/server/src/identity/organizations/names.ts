import { EntrepotError } from "@entrepot/core";

const PATTERN = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** The team of every member of an organization; it cannot be destroyed. */
export const EVERYONES_TEAM = "developers";

/** Folds the name of an organization or a team for comparing; the `@` of the scope does not count. */
export function foldName(name: string): string {
  return name.replace(/^@/, "").toLowerCase();
}

/** Checks the folded name of a new organization or team. Throws `request-invalid` with what is allowed. */
export function assertNewName(name: string, what: "An organization" | "A team"): void {
  if (PATTERN.test(name)) return;
  const like = what === "A team" ? "" : ", as the scope of its packages does";
  throw new EntrepotError("request-invalid", {
    message: `${what}'s name has 1 to 100 of a-z, 0-9, ".", "_" and "-" and starts with a letter or a digit${like}.`,
  });
}
