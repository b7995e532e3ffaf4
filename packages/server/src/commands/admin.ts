import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { EntrepotError, READING, ROLES, type Role } from "@entrepot/core";
import { systemActor } from "../changes/index.ts";
import { loadConfig, type ProcessInputs } from "../config/index.ts";
import { isReadOnly, UNLIMITED, type Identity } from "../identity/index.ts";
import { openCommandStorage } from "./open-storage.ts";

/** How `entrepot admin` is written. */
export const ADMIN_USAGE = `Usage: entrepot admin <action> [--json] [--data FOLDER] [--config FILE]
  users                          list the users
  add NAME [--role ROLE]         add a user (owner, admin, developer, read-only); prints a password
  password NAME                  set a new password; prints it, or takes it from standard input with --stdin
  disable NAME | enable NAME     end or restore a user's access
  token NAME [--write] [--days N]
                                 make a token for a user; read-only unless --write
Works on the database named by the configuration, whether or not the server runs.
`;

const ACTOR = systemActor("command line");
const PASSWORD_BYTES = 15;
const DAYS = /^[1-9][0-9]{0,3}$/;
const DAYS_MAX = 3650;
const MS_PER_DAY = 24 * 60 * 60 * 1000;

interface Options {
  json: boolean;
  stdin: boolean;
  write: boolean;
  role: string;
  days: string | undefined;
}

type Action = (identity: Identity, name: string, options: Options) => Promise<Record<string, unknown>>;

const ACTIONS: Readonly<Record<string, Action>> = {
  users: async (identity) => ({ users: (await identity.listUsers({ limit: 1000 })).items }),
  add: async (identity, name, options) => {
    const password = await newPassword(options);
    await identity.createUser({ name, password, role: roleOf(options.role), actor: ACTOR });
    return { user: name, role: options.role, ...(options.stdin ? {} : { password }) };
  },
  password: async (identity, name, options) => {
    const password = await newPassword(options);
    await identity.changeUser({ name, password, actor: ACTOR });
    return { user: name, ...(options.stdin ? {} : { password }) };
  },
  disable: async (identity, name) => {
    await identity.changeUser({ name, disabled: true, actor: ACTOR });
    return { user: name, disabled: true };
  },
  enable: async (identity, name) => {
    await identity.changeUser({ name, disabled: false, actor: ACTOR });
    return { user: name, disabled: false };
  },
  token: async (identity, name, options) => {
    const user = await identity.findUser(name);
    if (user === null) throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
    const days = options.days === undefined ? null : Number(options.days);
    const token = await identity.createToken({
      userId: user.id,
      actor: ACTOR,
      name: "made on the command line",
      kind: "personal",
      scope: { ...UNLIMITED, permissions: options.write ? null : [...READING] },
      expiresAt: days === null ? null : Date.now() + days * MS_PER_DAY,
    });
    return { user: user.name, readonly: isReadOnly(token.scope), token: token.secret };
  },
};

/** Runs `entrepot admin …`; gives the exit code. */
export async function runAdminCommand(inputs: ProcessInputs): Promise<number> {
  const parsed = parseWords(inputs.argv);
  if (typeof parsed === "string") {
    process.stderr.write(`entrepot: ${parsed}\n${ADMIN_USAGE}`);
    return 2;
  }
  const { values, positionals } = parsed;
  const [actionName = "", name = ""] = positionals;
  const action = Object.hasOwn(ACTIONS, actionName) ? ACTIONS[actionName] : undefined;
  if (values.help || action === undefined || (name === "" && actionName !== "users")) {
    (values.help ? process.stdout : process.stderr).write(ADMIN_USAGE);
    return values.help ? 0 : 2;
  }
  const config = loadConfig({ ...inputs, argv: parsed.configWords });
  const storage = await openCommandStorage(config, { makesDatabase: false, usesBlobs: false });
  try {
    const result = await action(storage.identity, name, values);
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : textOf(result));
    return 0;
  } finally {
    await storage.close();
  }
}

const OPTIONS = {
  json: { type: "boolean", default: false },
  stdin: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  role: { type: "string", default: "developer" },
  days: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
  data: { type: "string" },
  config: { type: "string" },
} as const;

interface Words {
  values: Options & { help: boolean };
  positionals: string[];
  /** Options that name the database, in the words of the configuration. */
  configWords: string[];
}

/** The words of the command, or what is wrong with them. */
function parseWords(argv: readonly string[]): Words | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: OPTIONS,
    });
    const { data, config, days, ...flags } = values;
    if (days !== undefined && !(DAYS.test(days) && Number(days) <= DAYS_MAX)) {
      return `--days takes a whole number of days from 1 to ${DAYS_MAX}, not "${days}".`;
    }
    const configWords = Object.entries({ data, config }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    return { values: { ...flags, days }, positionals, configWords };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("ERR_PARSE_ARGS_") !== true) throw error;
    return message;
  }
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role !== undefined) return role;
  throw new EntrepotError("request-invalid", {
    message: `"${text}" is not a role; there are ${ROLES.join(", ")}.`,
  });
}

async function newPassword(options: Options): Promise<string> {
  if (!options.stdin) return randomBytes(PASSWORD_BYTES).toString("base64url");
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return text.replace(/\r?\n$/, "");
}

function textOf(result: Record<string, unknown>): string {
  const { users } = result;
  if (!Array.isArray(users)) {
    return Object.entries(result)
      .map(([key, value]) => `${key}: ${String(value)}\n`)
      .join("");
  }
  return users
    .map(
      (user: { name: string; role: string; disabled: boolean }) =>
        `${user.name}\t${user.role}${user.disabled ? "\tdisabled" : ""}\n`,
    )
    .join("");
}
