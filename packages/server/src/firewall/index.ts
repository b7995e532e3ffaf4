/**
 * The firewall: turns operators' words into rules' input and asks core's `decide`. It knows nothing of
 * HTTP, of how documents are rendered or where tarballs lie; those ask it.
 */
export { contextStamp, createGate, denied, type Gate, type GateQuestion } from "./gate.ts";
export { createStatuses, type StatusEntry, type StatusKey, type Statuses } from "./statuses.ts";
