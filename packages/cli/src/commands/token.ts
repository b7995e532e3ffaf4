import { part } from "../api.ts";
import { given, switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { SCOPE_OPTIONS, scopeBody } from "./token-scope.ts";

const COLUMNS = [
  "id",
  "kind",
  "name",
  "hint",
  "readonly",
  "registries",
  "packages",
  "createdAt",
  "expiresAt",
  "lastUsedAt",
  "lastUsedAddress",
];
const OVERLAP: OptionSpec = {
  type: "string",
  value: "N",
  what: "Minutes for which the old one goes on; 60 when left out.",
};

interface Secret {
  id: string;
  /** What a client shows; the server keeps its hash. */
  token: string;
}

function showSecret({ print, io }: CommandContext, made: Secret): void {
  if (!print.asJson) io.err(`This is shown this once; ${made.id} is its id, to rotate or revoke it by:\n`);
  print.done(made.token, made);
}

async function create(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    options,
    api,
  } = context;
  const kind = switchOption(options, "ci") === true ? "ci" : undefined;
  const body = given({ name, kind, ...scopeBody(options) });
  showSecret(context, await api.call<Secret>("POST", "/tokens", body));
}

async function createKey(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    options,
    api,
  } = context;
  const scope = scopeBody(options);
  const isOfFeed = scope["registries"] !== undefined || scope["groups"] !== undefined;
  const body = given({
    name,
    kind: isOfFeed ? "feed" : "system",
    user: textOption(options, "user"),
    value: textOption(options, "value"),
    logLevel: textOption(options, "log-level"),
    ...scope,
  });
  showSecret(context, await api.call<Secret>("POST", "/keys", body));
}

/** The commands that tokens and keys have alike. */
function shared(what: "token" | "key", path: "/tokens" | "/keys"): ClientCommand[] {
  return [
    {
      name: `${what} list`,
      summary: what === "token" ? "List your tokens." : "List all tokens and keys.",
      words: [],
      options: {},
      run: async ({ api, print }) =>
        print.list(await api.list(path), what === "token" ? COLUMNS : ["user", ...COLUMNS]),
    },
    {
      name: `${what} rotate`,
      summary: `Make a ${what} anew, with another secret and the same rights.`,
      words: ["<id>"],
      options: { "overlap-minutes": OVERLAP },
      run: async (context) => {
        const {
          words: [id = ""],
          options,
          api,
        } = context;
        const minutes = textOption(options, "overlap-minutes");
        if (minutes !== undefined && !/^\d{1,5}$/.test(minutes)) {
          throw usageFailure(`--overlap-minutes takes a number, not "${minutes}".`);
        }
        const body = given({ overlapMinutes: minutes === undefined ? undefined : Number(minutes) });
        showSecret(context, await api.call<Secret>("POST", `${path}/${part(id)}/rotate`, body));
      },
    },
    {
      name: `${what} revoke`,
      summary: `Revoke a ${what}.`,
      words: ["<id>"],
      options: {},
      run: async ({ words: [id = ""], api, print }) => {
        await api.call("DELETE", `${path}/${part(id)}`);
        print.done(`Revoked the ${what}.`, { revoked: true });
      },
    },
  ];
}

/** `entrepot token …` and `entrepot key …`. */
export const TOKEN_COMMANDS: readonly ClientCommand[] = [
  {
    name: "token create",
    summary: "Create a token and print it, this once; it may only read unless told otherwise.",
    words: ["<name>"],
    options: { ...SCOPE_OPTIONS, ci: { type: "boolean", what: "Mark it as a pipeline's." } },
    run: create,
  },
  ...shared("token", "/tokens"),
  {
    name: "key create",
    summary: "Create a key for the server, or for registries, that belongs to a user or to nobody.",
    words: ["<name>"],
    options: {
      ...SCOPE_OPTIONS,
      "user": { type: "string", value: "NAME", what: "Whose it is: it may do no more than the user." },
      "value": { type: "string", value: "TEXT", what: "Its value, where the server is set to take one." },
      "log-level": {
        type: "string",
        value: "LEVEL",
        what: "What the audit trail keeps of its requests: none, request, response or both.",
      },
    },
    run: createKey,
  },
  ...shared("key", "/keys"),
];
