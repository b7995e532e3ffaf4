/*
 * The audit trail: who did what, from where, with which credential and with what result. Changes write their own
 * events with `appendChange`; this folder records what changes nothing, seals events into a chain of hashes, checks
 * that chain, and reads the trail. It must not change an event that is sealed, nor keep anything secret.
 */
export { createAuditTrail } from "./audit-trail.ts";
export type { AuditTrail } from "./audit-trail.ts";
export type { AuditRecord } from "./audit-recorder.ts";
export { createEventLimit } from "./event-limit.ts";
export type { EventLimit } from "./event-limit.ts";
export { eventsInOrder, listEvents } from "./read-events.ts";
export type { AuditFilter, EventPage } from "./read-events.ts";
export { sealEvents } from "./sealer.ts";
export { shownEvent } from "./shown-event.ts";
export { verifyTrail } from "./verify-trail.ts";
export type { Verification } from "./verify-trail.ts";
