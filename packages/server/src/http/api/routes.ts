import type { ApiRoute } from "./api-route.ts";
import { ACCESS_ROUTES } from "./access.ts";
import { ACCOUNT_ROUTES } from "./accounts.ts";
import { ADVISORY_ROUTES } from "./advisories.ts";
import { ANNOUNCEMENT_ROUTES } from "./announcement.ts";
import { ASSESSMENT_ROUTES } from "./assessments.ts";
import { AUDIT_ROUTES } from "./audit.ts";
import { BROWSE_ROUTES } from "./browse.ts";
import { COMPLIANCE_ROUTES } from "./compliance.ts";
import { DECISION_ROUTES } from "./decisions.ts";
import { DOWNLOAD_ROUTES } from "./downloads.ts";
import { EXCEPTION_ROUTES } from "./exceptions.ts";
import { EXPOSURE_ROUTES } from "./exposure.ts";
import { FINDING_ROUTES } from "./findings.ts";
import { HOLD_ROUTES } from "./holds.ts";
import { EXPLAIN_ROUTES } from "./explain.ts";
import { INTEGRITY_ROUTES } from "./integrity.ts";
import { INVITATION_ROUTES } from "./invitations.ts";
import { JOB_ROUTES } from "./jobs.ts";
import { NOTICE_ROUTES } from "./notices.ts";
import { ORGANIZATION_ROUTES } from "./organizations.ts";
import { OVERVIEW_ROUTES } from "./overview.ts";
import { PACKAGE_FILE_ROUTES } from "./package-files.ts";
import { PACKAGE_ROUTES } from "./packages.ts";
import { PACKAGE_WRITE_ROUTES } from "./package-writes.ts";
import { POLICY_ROUTES } from "./policy.ts";
import { SCRIPT_LIST_ROUTES } from "./script-list.ts";
import { PREFLIGHT_ROUTES } from "./preflight.ts";
import { REGISTRY_ROUTES } from "./registries.ts";
import { SESSION_ROUTES } from "./sessions.ts";
import { SHADOW_ROUTES } from "./shadow.ts";
import { STATUS_ROUTES } from "./statuses.ts";
import { TOKEN_ROUTES } from "./tokens.ts";
import { UPSTREAM_ROUTES } from "./upstreams.ts";
import { USER_ROUTES } from "./users.ts";
import { WEB_LOGIN_ROUTES } from "./web-logins.ts";

/** Every URL of the JSON API, below `/api/v1`. */
export const API_ROUTES: readonly ApiRoute[] = [
  ...ACCOUNT_ROUTES,
  ...SESSION_ROUTES,
  ...WEB_LOGIN_ROUTES,
  ...INVITATION_ROUTES,
  ...TOKEN_ROUTES,
  ...USER_ROUTES,
  ...ACCESS_ROUTES,
  ...ORGANIZATION_ROUTES,
  ...REGISTRY_ROUTES,
  ...UPSTREAM_ROUTES,
  ...OVERVIEW_ROUTES,
  ...ANNOUNCEMENT_ROUTES,
  ...BROWSE_ROUTES,
  ...PACKAGE_ROUTES,
  ...PACKAGE_WRITE_ROUTES,
  ...PACKAGE_FILE_ROUTES,
  ...DOWNLOAD_ROUTES,
  ...STATUS_ROUTES,
  ...INTEGRITY_ROUTES,
  ...EXPLAIN_ROUTES,
  ...COMPLIANCE_ROUTES,
  ...FINDING_ROUTES,
  ...PREFLIGHT_ROUTES,
  ...HOLD_ROUTES,
  ...POLICY_ROUTES,
  ...SCRIPT_LIST_ROUTES,
  ...EXCEPTION_ROUTES,
  ...NOTICE_ROUTES,
  ...DECISION_ROUTES,
  ...EXPOSURE_ROUTES,
  ...SHADOW_ROUTES,
  ...ADVISORY_ROUTES,
  ...ASSESSMENT_ROUTES,
  ...JOB_ROUTES,
  ...AUDIT_ROUTES,
];
