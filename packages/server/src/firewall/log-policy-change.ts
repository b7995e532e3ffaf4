import type { Transaction } from "kysely";
import { appendChange, type Actor } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import { EVERYWHERE } from "./policy-layers.ts";

/** Where something is chosen; an empty id stands for every registry of the workspace. */
export interface PolicyPlace {
  workspaceId: string;
  registryId: string;
}

/** Writes that policy changed: every view and every verdict on anything may be another one now. */
export async function logPolicyChange(
  trx: Transaction<Schema>,
  { place, actor, at }: { place: PolicyPlace; actor: Actor; at: number },
  detail: Record<string, unknown>,
): Promise<void> {
  await appendChange(trx, {
    workspaceId: place.workspaceId,
    registryId: place.registryId === EVERYWHERE ? null : place.registryId,
    packageName: null,
    kind: "policy-changed",
    actor,
    at,
    detail,
  });
}
