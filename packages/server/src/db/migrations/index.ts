import type { Migrations } from "../migrate.ts";
import * as first from "./0001-first-tables.ts";
import * as registryRules from "./0002-registry-rules.ts";
import * as access from "./0003-access.ts";
import * as audit from "./0004-audit.ts";
import * as sessions from "./0006-sessions.ts";
import * as keyLogs from "./0007-key-logs.ts";
import * as trailStart from "./0008-trail-start.ts";
import * as firewall from "./0009-firewall.ts";
import * as assessments from "./0010-assessments.ts";
import * as findings from "./0011-findings.ts";
import * as registryKinds from "./0012-registry-kinds.ts";
import * as browsing from "./0013-browsing.ts";
import * as firstSeen from "./0014-first-seen.ts";
import * as originProofs from "./0015-origin-proofs.ts";
import * as dependents from "./0016-dependents.ts";

/** Every migration by name. Released ones are never edited; a change of the schema is a new file. */
export const MIGRATIONS: Migrations = {
  "0001-first-tables": first,
  "0002-registry-rules": registryRules,
  "0003-access": access,
  "0004-audit": audit,
  "0006-sessions": sessions,
  "0007-key-logs": keyLogs,
  "0008-trail-start": trailStart,
  "0009-firewall": firewall,
  "0010-assessments": assessments,
  "0011-findings": findings,
  "0012-registry-kinds": registryKinds,
  "0013-browsing": browsing,
  "0014-first-seen": firstSeen,
  "0015-origin-proofs": originProofs,
  "0016-dependents": dependents,
};
