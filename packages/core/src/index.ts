/**
 * The rules of Entrepot: names, versions, integrity, packuments, permissions, policy.
 * Pure: no I/O, no clock, no environment; time and randomness come in as arguments.
 */
export { ERROR_TABLE, EntrepotError, isEntrepotError, type ErrorCode, type ErrorOptions } from "./errors.ts";
export { HELP_TOPICS, type HelpCode, type HelpTopic } from "./help-topics.ts";
export type {
  FilterAnswer,
  ListedVersionAnswer,
  PageAnswer,
  RegistryAnswer,
  SelfAnswer,
  SessionAnswer,
  ShownRegistryAnswer,
  UpstreamAnswer,
  UpstreamHealthAnswer,
  WebLoginAnswer,
} from "./api/answers.ts";
export type {
  ComplianceAnswer,
  ComplianceReasonAnswer,
  DiffAnswer,
  DiffSideAnswer,
  DownloadsAnswer,
  FileChangeAnswer,
  FileTextAnswer,
  OriginAnswer,
  PackageAnswer,
  PackageCardAnswer,
  PackageCardsAnswer,
  PackageFileAnswer,
  PackageFilesAnswer,
  ReadmeAnswer,
  ShownVersionAnswer,
  VerdictAnswer,
  VersionAdvisoryAnswer,
  VersionAnswer,
  VersionsAnswer,
} from "./api/packages.ts";
export type {
  AdvisoryAnswer,
  AdvisoryStatusAnswer,
  AssessmentAnswer,
  AssessmentTypeAnswer,
  FeedAnswer,
  FoundAdvisoryAnswer,
  PackageAdvisoryAnswer,
} from "./api/advisories.ts";
export type {
  CandidateAnswer,
  ChoiceAnswer,
  DecisionAnswer,
  ExceptionAnswer,
  ExplainAnswer,
  ExposureAnswer,
  ExposureHoldAnswer,
  ExposureSumAnswer,
  FetchAnswer,
  FindingAnswer,
  LiftingAnswer,
  OpinionAnswer,
  PolicyAnswer,
  PolicyChangeAnswer,
  RuleAnswer,
  ShadowAnswer,
  ShadowRuleAnswer,
  ShownFindingAnswer,
  StatusAnswer,
  WholeVerdictAnswer,
} from "./api/firewall.ts";
export type {
  AccessRuleAnswer,
  CreatedTokenAnswer,
  InvitationAnswer,
  MemberAnswer,
  OrganizationAnswer,
  PrivilegeAnswer,
  SentInvitationAnswer,
  TeamAnswer,
  TeamMemberAnswer,
  TokenAnswer,
  UserAnswer,
} from "./api/people.ts";
export type {
  AnnouncementAnswer,
  AuditEventAnswer,
  JobAnswer,
  JobKindAnswer,
  JobLineAnswer,
  ServerAnswer,
  ShownAnnouncementAnswer,
  StorageAnswer,
} from "./api/operations.ts";
export {
  assertPublishableName,
  coversName,
  matchesNamePattern,
  parseNamePattern,
  parsePackageName,
  tarballFileName,
  type NamePattern,
  type PackageName,
} from "./names.ts";
export { registryNameProblem } from "./registry-name.ts";
export {
  cleanVersion,
  compareVersions,
  highestStable,
  isPrerelease,
  isTagName,
  maxSatisfying,
  normalizeVersion,
} from "./versions.ts";
export {
  compareIntegrity,
  integrityOf,
  parseIntegrity,
  sha512HexOf,
  type IntegrityAlgorithm,
  type IntegrityHash,
} from "./integrity.ts";
export {
  createAccessPolicy,
  type AccessPolicy,
  type AccessRule,
  type AccessTarget,
  type RuleSubject,
} from "./permissions/access-rule.ts";
export {
  may,
  type PermissionAnswer,
  type PermissionCause,
  type PermissionQuestion,
} from "./permissions/may.ts";
export {
  DEEDS,
  PERMISSIONS,
  PERMISSIONS_OF_ROLE,
  READING,
  ROLES,
  TASKS,
  type Permission,
  type Role,
  type Task,
} from "./permissions/permission.ts";
export type { KeyPrincipal, Principal, TokenLimits, UseLog, UserPrincipal } from "./permissions/principal.ts";
export {
  OWN_FEED,
  SEVERITIES,
  type Advisory,
  type AffectedInterval,
  type AffectedVersions,
  type ExploitEvidence,
  type PackageAdvisory,
  type Severity,
} from "./advisories/advisory.ts";
export { parseOsvRecord, type ParsedRecord } from "./advisories/parse-osv.ts";
export { advisoryMatcher, isAffected, matchAdvisories } from "./advisories/match.ts";
export { aliasGroups } from "./advisories/alias-groups.ts";
export {
  applyAssessments,
  ASSESSMENT_TYPES,
  type AssessedAdvisories,
  type Assessment,
  type AssessmentEffect,
  type AssessmentsInForce,
} from "./advisories/assess.ts";
export { parseEpss, parseKev, withEvidence, type EvidenceByCve } from "./advisories/exploit-evidence.ts";
export {
  auditReport,
  bulkAuditAnswer,
  reportIssues,
  type AuditAction,
  type AuditFinding,
  type AuditReport,
  type ReportedIssue,
} from "./advisories/audit-answer.ts";
export {
  createIssueIds,
  issuesOf,
  type AdvisoriesOf,
  type AuditIssue,
  type AuditSeverity,
  type IssueIds,
  type PackageIssue,
} from "./advisories/audit-issues.ts";
export {
  RISK_PROFILE,
  riskCategory,
  type RiskCategory,
  type RiskLevel,
  type RiskProfile,
} from "./advisories/risk.ts";
export { toldIssue, type ToldAdvisory } from "./advisories/told-issue.ts";
export { parseAuditTree, type AuditNode } from "./advisories/audit-tree.ts";
export { fixedVersionsOf, npmRangeOf, patchedRangeOf } from "./advisories/npm-range.ts";
export { declaredLicence, type DeclaredLicence } from "./licences/declared-licence.ts";
export { judgeLicence, type LicenceJudgement, type LicenceLists } from "./licences/judge-licence.ts";
export { licencePicture, type LicencePicture } from "./licences/licence-picture.ts";
export { recogniseLicence } from "./licences/recognise-licence.ts";
export { type PolicyException } from "./policy/exception.ts";
export {
  ALWAYS_ENFORCED,
  NEVER_LIFTED,
  PROFILES,
  RULE_IDS,
  type Profile,
} from "./policy/default-settings.ts";
export {
  type ListEntry,
  type RuleId,
  type RuleMode,
  type RuleOptions,
  type RuleSetting,
  type RuleSettings,
} from "./policy/rule-settings.ts";
export { type OptionSpec } from "./policy/option-spec.ts";
export {
  optionSpecsOf,
  parseMode,
  parseRuleId,
  parseRuleOptions,
  RULE_DESCRIPTIONS,
} from "./policy/rule-options.ts";
export {
  parseBadVersions,
  type BadVersion,
  type BadVersionList,
  type UnreadLine,
} from "./policy/bad-versions.ts";
export { coversVersion } from "./policy/covers-exception.ts";
export { parseVersionRange } from "./policy/version-range.ts";
export {
  type FoundSecret,
  isDownloadable,
  isSelectable,
  type NotYet,
  type Opinion,
  type Outcome,
  type PackageHistory,
  type PolicyContext,
  type PolicyDepth,
  type PolicyRule,
  type ServedVersion,
  type TarballContent,
  type Verdict,
  type VersionFacts,
  type VersionStatus,
} from "./policy/verdict.ts";
export {
  type BuildIdentity,
  type TrustLevel,
  type TrustReport,
  type VersionProof,
} from "./policy/version-proof.ts";
export { contentRules, evidenceAsked, type EvidenceAsked } from "./policy/evidence-asked.ts";
export { findLookAlike, lookAlikeNames, type LookAlike, type LookAlikeNames } from "./policy/look-alike.ts";
export { POPULAR_NAMES } from "./policy/popular-names.ts";
export { plainContext } from "./policy/plain-context.ts";
export { shadowRefusals } from "./policy/shadow.ts";
export { earlier } from "./policy/opinion.ts";
export {
  decide,
  historyOf,
  opinionsOf,
  policyDepth,
  refusingRules,
  type RuleOpinion,
} from "./policy/decide.ts";
export {
  complianceOf,
  type ComplianceOf,
  type ComplianceReason,
  type ComplianceResult,
} from "./policy/compliance.ts";
export { bareFacts, judgePackage, type JudgedPackage, type JudgedVersion } from "./policy/judge-package.ts";
export { repointTags, type RepointedTags } from "./policy/repoint-tags.ts";
export { refusalText } from "./policy/refusal-text.ts";
export { gitSource, webPage } from "./git-source.ts";
export { factsOfManifest, sliceManifest, type FactsOrigin, type ManifestSlices } from "./manifest.ts";
export {
  abbreviate,
  hasInstallScripts,
  isEmptyDeprecation,
  isJsonObject,
} from "./packument/abbreviated-fields.ts";
export {
  LOCKFILE_CHARS_MAX,
  type LeftOutKind,
  type LockedPackage,
  type LockfileKind,
  type ParsedLockfile,
  type WantedPackage,
} from "./lockfiles/lockfile.ts";
export { parseLockfile } from "./lockfiles/parse-lockfile.ts";
export { candidateList, candidatesFor, pickVersion, readWantedVersion } from "./pick-version.ts";
export { operatorDeprecation, toldDeprecation } from "./policy/deprecation.ts";
export { explainChoice, type ExplainedVersion, type Explanation } from "./policy/explain.ts";
export { fallText, tagMoveOf } from "./policy/tag-move.ts";
export { checkLockfile, type LockfileCheck, type RefusedPin } from "./preflight/check-lockfile.ts";
export { liftFor, type Lift } from "./preflight/lift.ts";
export {
  isStanding,
  type NotChecked,
  type PackageLookup,
  type PackageStanding,
  type PreflightOptions,
  type UnknownPackage,
} from "./preflight/package-standing.ts";
export {
  SCRIPT_LIST_FORMATS,
  scriptList,
  type ApprovedScripts,
  type ScriptList,
  type ScriptListFormat,
} from "./policy/script-list.ts";
export { proposeException, type ProposedException } from "./preflight/propose-exception.ts";
export { splitByHost, type LockfileHost } from "./preflight/registry-hosts.ts";
export {
  resolveManifest,
  type BlockedRange,
  type ManifestCheck,
  type NeededVersion,
} from "./preflight/resolve-manifest.ts";
export { JsonScanner, NESTING_DEPTH_MAX } from "./packument/json-scanner.ts";
export { DOCUMENT_VERSIONS_MAX, scanDocument, type ScannedDocument } from "./packument/document-scan.ts";
export { undatedVersions } from "./packument/undated-versions.ts";
export {
  describeDocument,
  pageOfVersions,
  readmeOfDocument,
  type DescribedDocument,
  type ListedMoment,
  type PagedVersions,
  type VersionPage,
} from "./packument/describe-document.ts";
export {
  DEPENDENCY_KINDS,
  manifestDetails,
  peopleOf,
  type DependencyKind,
  type ManifestDetails,
  type NamedPerson,
} from "./packument/manifest-details.ts";
export {
  indexDocument,
  indexedVersions,
  indexScanned,
  indexSummary,
  readVersionFacts,
  type IndexSummary,
  type PackageIndex,
} from "./packument/package-index.ts";
export {
  integrityChange,
  integrityChanges,
  promiseOf,
  type IntegrityChange,
  type PromisedContent,
} from "./packument/integrity-changes.ts";
export { readManifest } from "./packument/read-manifest.ts";
export { roomBytes } from "./packument/room-bytes.ts";
export { renderScanned, renderUpstreamView } from "./packument/upstream-view.ts";
export { renderLocalView, type LocalPackument, type LocalVersion } from "./packument/local-view.ts";
export { type PackumentForm, type RenderedView, type ViewOptions } from "./packument/view.ts";
export { packageWords, type FindablePackage } from "./search/package-words.ts";
export { parseSearch, type PackageSearch } from "./search/parse-search.ts";
