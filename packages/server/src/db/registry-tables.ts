import type { Generated } from "kysely";

type Flag = 0 | 1;

/** Registries and what is set of them. */
export interface RegistriesTable {
  id: string;
  workspace_id: string;
  /** Lower case, `^[a-z0-9][a-z0-9._-]{0,49}$`. */
  name: string;
  description: string;
  anonymous_read: Flag;
  active: Flag;
  /** Host name that serves this registry at its root. */
  host: string | null;
  /** 1 if a version can be published again with other content, by whoever may overwrite. */
  allow_overwrite: Flag;
  /** HTTP status of a read that policy refuses. */
  refusal_status: 403 | 404;
  /** Where audits are answered from. */
  audit: Generated<"own" | "off" | "forward">;
  /** Name of the upstream, or URL with a trailing slash, that audits are forwarded to. */
  audit_upstream: Generated<string | null>;
  audit_url: Generated<string | null>;
  /** `firewall`: made to stand before an upstream, with rules of its own from the start. */
  kind: "standard" | "firewall";
  /** 1 if it takes nothing that another registry server sends on. */
  is_protected: Flag;
  /** Since when nothing is written to it; null when it is not frozen. */
  frozen_at: number | null;
  /** 1 if the configuration file declares it; then API and CLI may not change it. */
  managed: Flag;
  created_at: number;
  updated_at: number;
}
