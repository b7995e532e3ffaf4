/**
 * The firewall: turns operators' words into rules' input and asks core's `decide`. It knows nothing of
 * HTTP, of how documents are rendered or where tarballs lie; those ask it.
 */
export { contextStamp, createGate, denied, type Gate, type GateQuestion } from "./gate.ts";
export { createExceptions, type Exceptions } from "./exceptions.ts";
export { type LayeredPolicy, type PolicyChoice } from "./policy-layers.ts";
export { createPolicyRules, type KeptChoice, type PolicedRegistry, type PolicyRules } from "./policy-rules.ts";
export { createStatuses, type StatusEntry, type StatusKey, type Statuses } from "./statuses.ts";
