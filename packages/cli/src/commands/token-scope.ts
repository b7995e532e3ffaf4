import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { OptionSpec, OptionValues } from "../command.ts";
import { usageFailure } from "../failure.ts";

/** Options that say what a token or key is for. */
export const SCOPE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  "write": { type: "boolean", what: "Let it do all that its user may do; else it may only read." },
  "permission": { type: "string", multiple: true, value: "NAME", what: "Let it do this; repeat for more." },
  "registry": {
    type: "string",
    multiple: true,
    value: "NAME",
    what: "Only in this registry; repeat for more.",
  },
  "group": { type: "string", multiple: true, value: "NAME", what: "Only in this group of registries." },
  "package": {
    type: "string",
    multiple: true,
    value: "PATTERN",
    what: "Only for these packages, as @scope/*.",
  },
  "organization": { type: "string", multiple: true, value: "NAME", what: "Only for this organization." },
  "network": { type: "string", multiple: true, value: "CIDR", what: "Only from these addresses." },
  "expires-days": { type: "string", value: "N", what: "Days until it ends; never when left out." },
  "description": { type: "string", value: "TEXT", what: "What it is for." },
};

/** The body of a request for a token or key with these options. */
export function scopeBody(options: OptionValues): Record<string, unknown> {
  const days = textOption(options, "expires-days");
  if (days !== undefined && !/^\d{1,4}$/.test(days)) {
    throw usageFailure(`--expires-days takes a number, not "${days}".`);
  }
  const permissions = textOptions(options, "permission");
  const isWide = switchOption(options, "write") === true;
  if (isWide && permissions !== undefined) throw usageFailure("Give --write or --permission, not both.");
  return given({
    readonly: permissions === undefined ? !isWide : undefined,
    permissions,
    registries: textOptions(options, "registry"),
    groups: textOptions(options, "group"),
    packages: textOptions(options, "package"),
    organizations: textOptions(options, "organization"),
    networks: textOptions(options, "network"),
    description: textOption(options, "description"),
    expiresInDays: days === undefined ? undefined : Number(days),
  });
}
