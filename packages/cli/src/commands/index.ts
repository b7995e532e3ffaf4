import type { ClientCommand } from "../command.ts";
import { ADVISORY_COMMANDS } from "./advisories.ts";
import { ASSESS_COMMANDS } from "./assess.ts";
import { AUDIT_COMMANDS } from "./audit.ts";
import { CLAIM_COMMANDS } from "./claim.ts";
import { COMPLIANCE_COMMANDS } from "./compliance.ts";
import { EXCEPTION_COMMANDS, REQUEST_COMMANDS } from "./exception.ts";
import { FINDING_COMMANDS } from "./findings.ts";
import { HOLD_COMMANDS } from "./hold.ts";
import { DECISION_COMMANDS } from "./decisions.ts";
import { EXPOSURE_COMMANDS } from "./exposure.ts";
import { INTEGRITY_COMMANDS } from "./integrity.ts";
import { INVITATION_COMMANDS } from "./invitation.ts";
import { LOGIN_COMMANDS } from "./login.ts";
import { NOTICE_COMMANDS } from "./notices.ts";
import { ORG_COMMANDS } from "./org.ts";
import { PASSWORD_COMMANDS } from "./password.ts";
import { POLICY_COMMANDS } from "./policy.ts";
import { POLICY_SCRIPT_COMMANDS } from "./policy-scripts.ts";
import { PREFLIGHT_COMMANDS } from "./preflight.ts";
import { REGISTRY_COMMANDS } from "./registry.ts";
import { RULE_COMMANDS } from "./rule.ts";
import { SHADOW_COMMANDS } from "./shadow.ts";
import { STATUS_COMMANDS } from "./status.ts";
import { TEAM_COMMANDS } from "./team.ts";
import { TOKEN_COMMANDS } from "./token.ts";
import { UPSTREAM_COMMANDS } from "./upstream.ts";
import { USER_COMMANDS } from "./user.ts";
import { WHY_COMMANDS } from "./why.ts";

/** Every client command, in the order help shows them. */
export const CLIENT_COMMANDS: readonly ClientCommand[] = [
  ...LOGIN_COMMANDS,
  ...PASSWORD_COMMANDS,
  ...REGISTRY_COMMANDS,
  ...UPSTREAM_COMMANDS,
  ...CLAIM_COMMANDS,
  ...STATUS_COMMANDS,
  ...HOLD_COMMANDS,
  ...INTEGRITY_COMMANDS,
  ...WHY_COMMANDS,
  ...COMPLIANCE_COMMANDS,
  ...FINDING_COMMANDS,
  ...PREFLIGHT_COMMANDS,
  ...POLICY_COMMANDS,
  ...POLICY_SCRIPT_COMMANDS,
  ...EXCEPTION_COMMANDS,
  ...REQUEST_COMMANDS,
  ...NOTICE_COMMANDS,
  ...TOKEN_COMMANDS,
  ...RULE_COMMANDS,
  ...USER_COMMANDS,
  ...INVITATION_COMMANDS,
  ...ORG_COMMANDS,
  ...TEAM_COMMANDS,
  ...ADVISORY_COMMANDS,
  ...ASSESS_COMMANDS,
  ...DECISION_COMMANDS,
  ...EXPOSURE_COMMANDS,
  ...SHADOW_COMMANDS,
  ...AUDIT_COMMANDS,
];
