import { EntrepotError, registryNameProblem } from "@entrepot/core";

/** Where a registry's audits are answered from: the advisories of this server, nowhere, or another registry. */
export type AuditMode = "own" | "off" | "forward";

/** What can be set of a registry's audits. Naming one target takes the place of the other. */
export interface AuditValues {
  audit?: AuditMode;
  /** Name of the one of the registry's upstreams that audits are forwarded to. */
  auditUpstream?: string | null;
  /** URL of a registry that they are forwarded to instead. */
  auditUrl?: string | null;
}

/** The same as columns. */
export interface AuditColumns {
  audit: AuditMode;
  audit_upstream: string | null;
  /** Ends in a slash. */
  audit_url: string | null;
}

export const AUDIT_COLUMN_DEFAULTS: Readonly<AuditColumns> = {
  audit: "own",
  audit_upstream: null,
  audit_url: null,
};

const URL_CHARS_MAX = 2000;

/**
 * The columns after a change. Throws `request-invalid` for a URL that is none, for two targets, for a target where
 * nothing is forwarded, and for forwarding without one. Whether the upstream is one of the registry's is not looked
 * at: upstreams come and go, and what is forwarded to a former one says so.
 */
export function auditColumnsAfter(before: Readonly<AuditColumns>, values: AuditValues): AuditColumns {
  const audit = values.audit ?? before.audit;
  const named = namedTarget(values);
  if (audit !== "forward") {
    if (named !== null) throw refused('Audits go elsewhere only where "audit" is "forward"; set that too.');
    return { ...AUDIT_COLUMN_DEFAULTS, audit };
  }
  return { audit, ...(named ?? keptTarget(before, values)) };
}

type Target = Omit<AuditColumns, "audit">;

function namedTarget({ auditUpstream, auditUrl }: AuditValues): Target | null {
  const [upstream, url] = [auditUpstream ?? null, auditUrl ?? null];
  if (upstream === null && url === null) return null;
  if (upstream === null || url === null) {
    return { audit_upstream: checkedName(upstream), audit_url: checkedUrl(url) };
  }
  throw refused("Audits are forwarded to an upstream or to a URL, not to both.");
}

function keptTarget(before: Readonly<AuditColumns>, values: AuditValues): Target {
  const kept = {
    audit_upstream: values.auditUpstream === null ? null : before.audit_upstream,
    audit_url: values.auditUrl === null ? null : before.audit_url,
  };
  if (kept.audit_upstream !== null || kept.audit_url !== null) return kept;
  throw refused(
    'Say where audits are forwarded to: "auditUpstream" with the name of one of the registry\'s upstreams, or "auditUrl".',
  );
}

function checkedName(name: string | null): string | null {
  if (name === null) return null;
  const problem = registryNameProblem(name, "An upstream");
  if (problem === null) return name;
  throw refused(problem);
}

function checkedUrl(text: string | null): string | null {
  if (text === null) return null;
  const url = URL.canParse(text) && text.length <= URL_CHARS_MAX ? new URL(text) : null;
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw refused(`"auditUrl" is the URL of a registry; it starts with http:// or https://.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw refused(
      `"auditUrl" takes no credential; make the registry there an upstream with one, and name that as "auditUpstream".`,
    );
  }
  url.search = "";
  url.hash = "";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

function refused(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}
