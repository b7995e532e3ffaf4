import { part } from "../api.ts";
import { given, switchOption, textOption, textOptions } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";

const SUBJECT: Readonly<Record<string, OptionSpec>> = {
  user: { type: "string", value: "NAME", what: "Whom it is about: a user," },
  team: { type: "string", value: "ORG:TEAM", what: "a team," },
  everyone: { type: "boolean", what: "everyone, strangers included," },
  authenticated: { type: "boolean", what: "everyone with a credential," },
  anonymous: { type: "boolean", what: "or everyone without one." },
};
const RULE_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  ...SUBJECT,
  permission: {
    type: "string",
    multiple: true,
    value: "NAME",
    what: "What it gives or takes; repeat for more.",
  },
  task: {
    type: "string",
    multiple: true,
    value: "NAME",
    what: "Permissions that go together, such as publish.",
  },
  registry: { type: "string", value: "NAME", what: "Where it holds: in a registry," },
  group: { type: "string", value: "NAME", what: "or in a group of registries; everywhere when left out." },
  packages: { type: "string", value: "PATTERN", what: "For these packages only, as @scope/*." },
};

function subjectOf({ options }: CommandContext): Record<string, unknown> {
  const named = (["user", "team"] as const).flatMap((subject) => {
    const name = textOption(options, subject);
    return name === undefined ? [] : [{ subject, name }];
  });
  const general = (["everyone", "authenticated", "anonymous"] as const)
    .filter((subject) => switchOption(options, subject) === true)
    .map((subject) => ({ subject }));
  const [subject, ...more] = [...named, ...general];
  if (subject !== undefined && more.length === 0) return subject;
  throw usageFailure(
    "Say whom the rule is about: one of --user, --team, --everyone, --authenticated, --anonymous.",
  );
}

function create(effect: "grant" | "restrict"): (context: CommandContext) => Promise<void> {
  return async (context) => {
    const { options, api, print } = context;
    const rule = await api.call<Record<string, unknown>>(
      "POST",
      "/access-rules",
      given({
        effect,
        ...subjectOf(context),
        permissions: textOptions(options, "permission"),
        tasks: textOptions(options, "task"),
        registry: textOption(options, "registry"),
        group: textOption(options, "group"),
        packages: textOption(options, "packages"),
      }),
    );
    print.done(`The rule ${String(rule["id"])} holds from now on.`, rule);
  };
}

async function list({ options, api, print }: CommandContext): Promise<void> {
  const registry = textOption(options, "registry");
  const query = registry === undefined ? "" : `?registry=${encodeURIComponent(registry)}`;
  const columns = [
    "id",
    "effect",
    "subject",
    "name",
    "permissions",
    "registry",
    "group",
    "packages",
    "createdBy",
  ];
  print.list(await api.list(`/access-rules${query}`), columns);
}

async function remove({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/access-rules/${part(id)}`);
  print.done("The rule is gone.", { id, deleted: true });
}

async function may({ words: [permission = ""], options, api, print }: CommandContext): Promise<void> {
  const isAnonymous = switchOption(options, "anonymous") === true;
  const answer = await api.call<{ allowed: boolean; reason: string }>(
    "POST",
    "/privileges/test",
    given({
      permission,
      user: isAnonymous ? null : textOption(options, "user"),
      registry: textOption(options, "registry"),
      package: textOption(options, "package"),
    }),
  );
  print.done(`${answer.allowed ? "Yes" : "No"}. ${answer.reason}`, answer);
}

/** `entrepot rule …` and `entrepot may`. */
export const RULE_COMMANDS: readonly ClientCommand[] = [
  {
    name: "rule list",
    summary: "List the rules of who may do what.",
    words: [],
    options: { registry: { type: "string", value: "NAME", what: "Those on this registry alone." } },
    run: list,
  },
  {
    name: "rule grant",
    summary: "Give permissions to somebody.",
    words: [],
    options: RULE_OPTIONS,
    run: create("grant"),
  },
  {
    name: "rule restrict",
    summary: "Take permissions from somebody.",
    words: [],
    options: RULE_OPTIONS,
    run: create("restrict"),
  },
  { name: "rule delete", summary: "Delete a rule.", words: ["<id>"], options: {}, run: remove },
  {
    name: "may",
    summary: "Tell whether somebody may do something, and why.",
    words: ["<permission>"],
    options: {
      user: { type: "string", value: "NAME", what: "Who; you yourself when left out." },
      anonymous: { type: "boolean", what: "Somebody without a credential." },
      registry: { type: "string", value: "NAME", what: "In which registry." },
      package: { type: "string", value: "NAME", what: "With which package." },
    },
    run: may,
  },
];
