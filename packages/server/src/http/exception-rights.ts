import {
  EntrepotError,
  may,
  type AccessPolicy,
  type AccessTarget,
  type Permission,
  type Principal,
} from "@entrepot/core";
import {
  approveException,
  EVERYWHERE,
  rejectException,
  revokeException,
  type ExceptionActor,
  type ExceptionRecord,
} from "../firewall/index.ts";
import type { RegistrySnapshot } from "../registry/index.ts";
import type { HttpDeps } from "./context.ts";
import { mailDecision } from "./mail-decision.ts";
import { requireWholeUser } from "./require-user.ts";

/** What can be decided on an exception or a request. */
export type ExceptionVerb = "approve" | "reject" | "revoke";

/** What is needed to tell what somebody may know of exceptions and do with them. */
export interface ExceptionView {
  principal: Principal;
  policy: AccessPolicy;
  byId: RegistrySnapshot["byId"];
}

const WRITES = { approve: approveException, reject: rejectException, revoke: revokeException } as const;

/** Gathers what {@link ExceptionView} has for somebody. */
export async function exceptionViewOf(deps: HttpDeps, principal: Principal): Promise<ExceptionView> {
  const [{ byId }, policy] = await Promise.all([deps.registries.snapshot(), deps.access.policy()]);
  return { principal, policy, byId };
}

/** What it takes to decide on exceptions there: in one registry to manage it, in all to administer. */
export function managing({ registry }: AccessTarget): Permission {
  return registry === null ? "administer" : "manage-registry";
}

/** Tells whether somebody may decide on an exception. */
export function mayDecideOn(view: ExceptionView, record: ExceptionRecord): boolean {
  return holds(view, record, null);
}

/** Tells whether an exception is about something that somebody may see. */
export function maySee(view: ExceptionView, record: ExceptionRecord): boolean {
  return holds(view, record, "view");
}

/** Tells whether it is somebody's own. */
export function isOwnerOf({ principal }: ExceptionView, record: ExceptionRecord): boolean {
  return principal.kind === "user" && principal.name === record.owner;
}

function holds(view: ExceptionView, record: ExceptionRecord, permission: Permission | null): boolean {
  const target = targetIn(view, record);
  if (target === null) return false;
  const { principal, policy } = view;
  return may({ principal, permission: permission ?? managing(target), target }, policy).allowed;
}

/** What an exception is about; null when its registry is gone. */
function targetIn({ byId }: ExceptionView, { registryId, packages }: ExceptionRecord): AccessTarget | null {
  const registry = byId.get(registryId) ?? null;
  if (registry === null && registryId !== EVERYWHERE) return null;
  return { registry, packageName: packages.endsWith("*") ? null : packages };
}

/**
 * Decides on an exception as somebody who may, and tells whoever asked for it. Throws `permission-denied`, and as the
 * decision itself.
 */
export async function decideOnException(
  deps: HttpDeps,
  { view, record }: { view: ExceptionView; record: ExceptionRecord },
  decision: { verb: ExceptionVerb; by: ExceptionActor; note: string; days?: number | undefined },
): Promise<ExceptionRecord> {
  const { verb, by, note, days } = decision;
  if (!mayDecideOn(view, record)) {
    // Whoever asked may take it back.
    const isTakenBack = verb === "revoke" && isOwnerOf(view, record) && record.state === "requested";
    if (!isTakenBack) throw notForThem(record);
    requireWholeUser(view.principal, "take a request back");
  }
  const decided = await WRITES[verb](deps, by, { id: record.id, note, days });
  await mailDecision(deps, { record: decided, by: by.actor.name });
  return decided;
}

function notForThem({ registryId }: ExceptionRecord): EntrepotError {
  return new EntrepotError("permission-denied", {
    message:
      registryId === EVERYWHERE
        ? "An exception for every registry is decided on by who has the permission administer."
        : "Only who manages the registry decides on this; ask somebody who does.",
  });
}
