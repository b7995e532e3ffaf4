import { EntrepotError } from "@entrepot/core";
import type { Registry } from "./registry.ts";

/** Throws `permission-denied` where nothing may be written because the registry is frozen. */
export function assertNotFrozen({ name, frozenAt }: Pick<Registry, "name" | "frozenAt">): void {
  if (frozenAt === null) return;
  throw new EntrepotError("permission-denied", {
    message: `The registry ${name} is read-only (frozen since ${new Date(frozenAt).toISOString()}).`,
  });
}
