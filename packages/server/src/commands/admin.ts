import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { EntrepotError, READING, ROLES, type Role } from "@entrepot/core";
import { sealEvents } from "../audit/index.ts";
import { systemActor } from "../changes/index.ts";
import { loadConfig, type ProcessInputs } from "../config/index.ts";
import { isReadOnly, UNLIMITED, type Identity, type Token, type User } from "../identity/index.ts";
import { openCommandStorage } from "./open-storage.ts";

/** How `entrepot admin` is written. */
export const ADMIN_USAGE = `Usage: entrepot admin <action> [--workspace NAME] [--json] [--data FOLDER] [--config FILE]
  users                          list the users
  add NAME [--role ROLE]         add a user (owner, admin, developer, read-only); prints a password
  password NAME                  set a new password; prints it, or takes it from standard input with --stdin
  role NAME ROLE                 change a user's role
  disable NAME | enable NAME     end a user's access and tokens, or let the user log in again
  token NAME [--write] [--days N]
                                 make a token for a user; read-only unless --write
  tokens [NAME]                  list all tokens and keys, or those of a user
  revoke ID                      end a token or key
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
  workspace: string | undefined;
}

interface ActionInput {
  /** The word after the action; empty when there is none. */
  name: string;
  /** The word after that. */
  value: string;
  options: Options;
}

type Action = (identity: Identity, input: ActionInput) => Promise<Record<string, unknown>>;

/** Actions that need no name. */
const OF_ALL: ReadonlySet<string> = new Set(["users", "tokens"]);

const ACTIONS: Readonly<Record<string, Action>> = {
  users: async (identity) => ({ users: (await identity.listUsers({ limit: 1000 })).items }),
  add: async (identity, { name, options }) => {
    const password = await newPassword(options);
    await identity.createUser({ name, password, role: roleOf(options.role), actor: ACTOR });
    return { user: name, role: options.role, ...(options.stdin ? {} : { password }) };
  },
  password: async (identity, { name, options }) => {
    const password = await newPassword(options);
    await identity.changeUser({ name, password, actor: ACTOR });
    return { user: name, ...(options.stdin ? {} : { password }) };
  },
  disable: async (identity, { name }) => {
    await identity.changeUser({ name, disabled: true, actor: ACTOR });
    return { user: name, disabled: true };
  },
  enable: async (identity, { name }) => {
    await identity.changeUser({ name, disabled: false, actor: ACTOR });
    return { user: name, disabled: false };
  },
  role: async (identity, { name, value }) => {
    const { role } = await identity.changeUser({ name, role: roleOf(value), actor: ACTOR });
    return { user: name, role };
  },
  tokens: async (identity, { name }) => {
    const of = name === "" ? {} : { userId: (await requireUser(identity, name)).id };
    return { tokens: await allTokens(identity, of) };
  },
  revoke: async (identity, { name: token }) => {
    if (await identity.revokeToken({ token, actor: ACTOR })) return { token, revoked: true };
    throw new EntrepotError("not-found", { message: "There is no usable token or key with this id." });
  },
  token: async (identity, { name, options }) => {
    const user = await requireUser(identity, name);
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

async function requireUser(identity: Identity, name: string): Promise<User> {
  const user = await identity.findUser(name);
  if (user !== null) return user;
  throw new EntrepotError("not-found", { message: `There is no user "${name}".` });
}

async function allTokens(identity: Identity, of: { userId?: string }): Promise<Token[]> {
  const tokens: Token[] = [];
  for (let after: string | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
    const page: { items: Token[]; next: string | null } = await identity.listTokens({
      ...of,
      after,
      limit: 1000,
    });
    tokens.push(...page.items);
    after = page.next;
  }
  return tokens;
}

/** Runs `entrepot admin …`; gives the exit code. */
export async function runAdminCommand(inputs: ProcessInputs): Promise<number> {
  const parsed = parseWords(inputs.argv);
  if (typeof parsed === "string") {
    process.stderr.write(`entrepot: ${parsed}\n${ADMIN_USAGE}`);
    return 2;
  }
  const { values } = parsed;
  const [actionName = "", name = "", value = ""] = parsed.positionals;
  const action = actionNamed(actionName, name);
  if (values.help || action === null) {
    (values.help ? process.stdout : process.stderr).write(ADMIN_USAGE);
    return values.help ? 0 : 2;
  }
  const result = await withIdentity(inputs, parsed, (identity) =>
    action(identity, { name, value, options: values }),
  );
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : textOf(result));
  return 0;
}

/** Null where there is none, or where it lacks the name that it needs. */
function actionNamed(actionName: string, name: string): Action | null {
  const action = Object.hasOwn(ACTIONS, actionName) ? ACTIONS[actionName] : undefined;
  return action === undefined || (name === "" && !OF_ALL.has(actionName)) ? null : action;
}

async function withIdentity<T>(
  inputs: ProcessInputs,
  { values: { workspace }, configWords }: Words,
  work: (identity: Identity) => Promise<T>,
): Promise<T> {
  const config = loadConfig({ ...inputs, argv: configWords });
  const storage = await openCommandStorage(config, {
    makesDatabase: false,
    usesBlobs: false,
    ...(workspace === undefined ? {} : { workspace }),
  });
  try {
    return await work(storage.identity);
  } finally {
    // No server may be there to do it, and an event that waits for its hash can be changed unnoticed.
    await sealEvents(storage.db);
    await storage.close();
  }
}

const OPTIONS = {
  json: { type: "boolean", default: false },
  stdin: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
  role: { type: "string", default: "developer" },
  days: { type: "string" },
  workspace: { type: "string" },
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
    const { data, config, days, workspace, ...flags } = values;
    if (days !== undefined && !(DAYS.test(days) && Number(days) <= DAYS_MAX)) {
      return `--days takes a whole number of days from 1 to ${DAYS_MAX}, not "${days}".`;
    }
    const configWords = Object.entries({ data, config }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}=${value}`],
    );
    return { values: { ...flags, days, workspace }, positionals, configWords };
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
  const { users, tokens } = result;
  if (Array.isArray(users)) return (users as User[]).map(userLine).join("");
  if (Array.isArray(tokens)) return (tokens as Token[]).map(tokenLine).join("");
  return Object.entries(result)
    .map(([key, value]) => `${key}: ${String(value)}\n`)
    .join("");
}

function userLine({ name, role, disabled }: User): string {
  return `${name}\t${role}${disabled ? "\tdisabled" : ""}\n`;
}

function tokenLine({ id, kind, userName, name, scope, expiresAt, hint }: Token): string {
  const end = expiresAt === null ? "no end" : `ends ${new Date(expiresAt).toISOString()}`;
  const rights = isReadOnly(scope) ? "read-only" : "may write";
  return `${[id, kind, userName ?? "nobody's", name, `…${hint}`, rights, end].join("\t")}\n`;
}
