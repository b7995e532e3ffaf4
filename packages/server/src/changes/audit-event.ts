import type { Actor } from "./actor.ts";
import type { ChangeKind } from "./change.ts";

/** What the audit trail tells of and the change log does not. */
export const KINDS_WITHOUT_CHANGE = [
  "signed-in",
  "signed-out",
  "sign-in-failed",
  "sign-in-limited",
  "web-login-approved",
  "request-refused",
  "key-used",
  "announcement-changed",
  "events-dropped",
] as const;

/** What the audit trail tells of: every change, and what changes nothing. */
export type AuditKind = ChangeKind | (typeof KINDS_WITHOUT_CHANGE)[number];

/** How it ended: as wanted, not allowed, or not possible. */
export type AuditResult = "done" | "refused" | "failed";

/** An event of the audit trail before it is written. It never holds a secret: tokens are named by their ids. */
export interface NewAuditEvent {
  workspaceId: string;
  /** Milliseconds since 1970. */
  at: number;
  kind: AuditKind;
  actor: Actor;
  registryId: string | null;
  /** The registry's name at that time. */
  registry: string | null;
  packageName: string | null;
  result: AuditResult;
  detail: Record<string, unknown>;
}
