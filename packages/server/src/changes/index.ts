/**
 * The change log: every write appends to it in its own transaction, and every process follows it to learn what it
 * must forget, index or announce. With each change an event of the audit trail is written. It knows the order of
 * changes and nothing of what they mean; it must not load what a change speaks of.
 */
export { clientName, systemActor } from "./actor.ts";
export type { Actor } from "./actor.ts";
export { appendAuditEvents, appendChange } from "./append-change.ts";
export { KINDS_WITHOUT_CHANGE } from "./audit-event.ts";
export type { AuditKind, AuditResult, NewAuditEvent } from "./audit-event.ts";
export type { Change, ChangeKind, NewChange } from "./change.ts";
export type { ChangeListener } from "./change-feed.ts";
export { createChangeLog, newestChange } from "./change-log.ts";
export type { ChangeLog, ChangeLogOptions } from "./change-log.ts";
export { createCurrentValue } from "./current-value.ts";
export type { CurrentValue } from "./current-value.ts";
