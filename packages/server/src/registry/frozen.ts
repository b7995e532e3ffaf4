import { EntrepotError } from "@entrepot/core";
import type { Registry } from "./registry.ts";

/** Throws `permission-denied` where a write comes from a registry downstream and is not wanted from there. */
export function assertNotPushed({ name, isProtected }: Pick<Registry, "name" | "isProtected">): void {
  if (!isProtected) return;
  throw new EntrepotError("permission-denied", {
    message:
      `The registry ${name} is protected: it takes nothing from registries downstream, only from its own upstreams ` +
      "and from who publishes to it directly.",
  });
}

/** Throws `permission-denied` where nothing may be written because the registry is frozen. */
export function assertNotFrozen({ name, frozenAt }: Pick<Registry, "name" | "frozenAt">): void {
  if (frozenAt === null) return;
  throw new EntrepotError("permission-denied", {
    message: `The registry ${name} is read-only (frozen since ${new Date(frozenAt).toISOString()}).`,
  });
}
