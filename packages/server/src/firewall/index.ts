/**
 * The firewall: turns what operators said, what is known of packages and what was seen of them into rules' input,
 * and asks core's `decide`. It knows nothing of HTTP, of how documents are rendered or where tarballs lie;
 * those ask it.
 */
export {
  assess,
  removeAssessmentType,
  setAssessmentType,
  setRiskProfile,
  unassess,
} from "./assessment-writes.ts";
export {
  createAssessments,
  type Assessments,
  type AssessmentType,
  type KeptAssessment,
} from "./assessments.ts";
export { contextStamp } from "./context-stamp.ts";
export { approvedScripts } from "./approved-scripts.ts";
export { LOOK, type Asker, type Decided } from "./decisions/decision.ts";
export { readDecisionCounts } from "./decisions/read-counts.ts";
export { dayOf } from "./decisions/count-decisions.ts";
export { createDecisionLog, type DecisionLog } from "./decisions/decision-log.ts";
export { pruneCounts, pruneDecisions } from "./decisions/prune-decisions.ts";
export { decisionsInOrder, listDecisions, type DecisionFilter } from "./decisions/read-decisions.ts";
export { recheckRefusals, type PackageToday, type RecheckDeps } from "./decisions/recheck-refusals.ts";
export { shownDecision } from "./decisions/shown-decision.ts";
export { DISAGREEMENT, FINDING_RULES, KNOWN_RULES, type Finding, type Presence } from "./findings/finding.ts";
export {
  closeFinding,
  closeReleased,
  findFinding,
  findingCursor,
  lastCheckedAt,
  listFindings,
  type FindingFilter,
} from "./findings/read-findings.ts";
export {
  recordFindings,
  type FoundReason,
  type PackageSeen,
  type RecordedCheck,
} from "./findings/record-findings.ts";
export { findExposure, type ExposedVersions, type Exposure, type Fetch } from "./exposure/find-exposure.ts";
export { summarise, type ExposureSum, type ExposureSummary } from "./exposure/summarise.ts";
export { shadowReport, type JudgedBy, type ShadowReport, type ShadowRule } from "./shadow/shadow-report.ts";
export { holdVersions, type Hold, type WrittenStatus } from "./hold-versions.ts";
export { createEvidence, type Evidence } from "./evidence.ts";
export {
  assertPasses,
  createGate,
  denied,
  type Gate,
  type GateDeps,
  type GateQuestion,
  type JudgingRegistry,
} from "./gate.ts";
export {
  listDisagreements,
  recordDisagreements,
  type Disagreement,
  type RecordedDisagreement,
} from "./disagreements.ts";
export type { MarkEntry, PackageMark, PackageMarks } from "./package-marks.ts";
export { createPolicyClock } from "./policy-clock.ts";
export { decisionText, type ExceptionRecord, type ExceptionState } from "./exception-record.ts";
export { EXCEPTION_DAYS_MAX, type NewException } from "./exception-terms.ts";
export {
  approveException,
  createException,
  rejectException,
  requestException,
  revokeException,
  type ExceptionActor,
  type ExceptionDecision,
} from "./exception-writes.ts";
export { createExceptions, type Exceptions } from "./exceptions.ts";
export { cursorOf, findException, listExceptions, type ExceptionFilter } from "./list-exceptions.ts";
export { tellOfFindings } from "./findings/tell-of-findings.ts";
export { leaveNotice, listNotices, markNoticesRead, type NewNotice, type Notice } from "./notices.ts";
export {
  EVERYWHERE,
  PROFILE_ROW,
  ruleSource,
  type LayeredPolicy,
  type PolicyChoice,
} from "./policy-layers.ts";
export type { KeptChoice } from "./kept-choice.ts";
export { createPolicyRules, type PolicedRegistry, type PolicyRules } from "./policy-rules.ts";
export type { PolicyPlace } from "./log-policy-change.ts";
export {
  createProofRecords,
  type ProofRecords,
  type ProvenVersion,
  type RecordedProof,
} from "./proof-records.ts";
export { policyWarnings } from "./policy-warnings.ts";
export {
  chooseFirewallRules,
  documentOf,
  releasePolicies,
  replacePolicy,
  setPolicyRule,
  setProfile,
  unsetPolicyRule,
  type PolicyDocument,
  type PolicyResult,
  type PolicyWriter,
} from "./policy-writes.ts";
export { tellOfMalware, type MalwareDeps, type RefusedToday } from "./tell-of-malware.ts";
export type { StatusKey } from "./status-key.ts";
export { createStatuses, type StatusEntry, type Statuses } from "./statuses.ts";
