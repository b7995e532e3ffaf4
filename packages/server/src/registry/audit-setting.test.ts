import { describe, expect, it } from "vitest";
import { AUDIT_COLUMN_DEFAULTS, auditColumnsAfter, type AuditColumns } from "./audit-setting.ts";

const OWN = AUDIT_COLUMN_DEFAULTS;
const TO_UPSTREAM: AuditColumns = { audit: "forward", audit_upstream: "public", audit_url: null };
const TO_URL: AuditColumns = { audit: "forward", audit_upstream: null, audit_url: "https://up.example/npm/" };

describe("where audits are answered from", () => {
  it.each([
    ["stays as it was", OWN, {}, OWN],
    ["stays forwarded", TO_UPSTREAM, {}, TO_UPSTREAM],
    ["goes to an upstream", OWN, { audit: "forward", auditUpstream: "public" }, TO_UPSTREAM],
    [
      "goes to a URL, which gets its slash",
      OWN,
      { audit: "forward", auditUrl: "https://up.example/npm?a#b" },
      TO_URL,
    ],
    ["moves from an upstream to a URL", TO_UPSTREAM, { auditUrl: "https://up.example/npm/" }, TO_URL],
    ["moves from a URL to an upstream", TO_URL, { auditUpstream: "public", auditUrl: null }, TO_UPSTREAM],
    ["forgets the target when it comes back", TO_URL, { audit: "own" }, OWN],
    ["forgets it when it is switched off", TO_UPSTREAM, { audit: "off" }, { ...OWN, audit: "off" }],
    [
      "takes what a file declares, all of it",
      TO_URL,
      { audit: "own", auditUpstream: null, auditUrl: null },
      OWN,
    ],
  ] as const)("%s", (...[, before, values, after]) => {
    expect(auditColumnsAfter(before, values)).toEqual(after);
  });

  it.each([
    ["forwarding to nowhere", OWN, { audit: "forward" }, "Say where audits are forwarded to"],
    ["forwarding to nowhere any more", TO_URL, { auditUrl: null }, "Say where audits are forwarded to"],
    ["two targets", OWN, { audit: "forward", auditUpstream: "a", auditUrl: "http://a/" }, "not to both"],
    ["a target of what stays here", OWN, { auditUpstream: "a" }, 'only where "audit" is "forward"'],
    ["no URL", OWN, { audit: "forward", auditUrl: "up.example" }, "starts with http"],
    ["a URL of another kind", OWN, { audit: "forward", auditUrl: "file:///etc/passwd" }, "starts with http"],
    [
      "a credential",
      OWN,
      { audit: "forward", auditUrl: "http://me:secret@up.example/" },
      "takes no credential",
    ],
    ["a name that is none", OWN, { audit: "forward", auditUpstream: "A b" }, "cannot hold"],
  ] as const)("refuses %s", (...[, before, values, text]) => {
    expect(() => auditColumnsAfter(before, values)).toThrow(text);
  });
});
