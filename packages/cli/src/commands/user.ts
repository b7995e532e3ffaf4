import { part } from "../api.ts";
import { askSecret } from "../ask-secret.ts";
import { given, switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext, OptionSpec } from "../command.ts";

const PASSWORD_STDIN: OptionSpec = { type: "boolean", what: "Take the password from standard input." };

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/users"), ["name", "role", "email", "disabled", "createdAt"]);
}

function askPassword({ options, io }: CommandContext, name: string): Promise<string> {
  const fromInput = switchOption(options, "password-stdin") === true;
  return askSecret(io, { fromInput, question: `Password for ${name}`, option: "password-stdin" });
}

async function add(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    options,
    api,
    print,
  } = context;
  const password = switchOption(options, "password") === false ? null : await askPassword(context, name);
  const user = await api.call(
    "POST",
    "/users",
    given({ name, password, role: textOption(options, "role"), email: textOption(options, "email") }),
  );
  print.done(`Added the user ${name}.`, user);
}

async function setPassword(context: CommandContext): Promise<void> {
  const {
    words: [name = ""],
    api,
    print,
  } = context;
  const user = await api.call("PATCH", `/users/${part(name)}`, {
    password: await askPassword(context, name),
  });
  print.done(`Set the password of ${name}.`, user);
}

function setDisabled(disabled: boolean): (context: CommandContext) => Promise<void> {
  return async ({ words: [name = ""], api, print }) => {
    const user = await api.call("PATCH", `/users/${part(name)}`, { disabled });
    print.done(`The user ${name} is ${disabled ? "disabled" : "enabled"}.`, user);
  };
}

/** `entrepot user …`. */
export const USER_COMMANDS: readonly ClientCommand[] = [
  { name: "user list", summary: "List the users.", words: [], options: {}, run: list },
  {
    name: "user add",
    summary: "Add a user.",
    words: ["<name>"],
    options: {
      "role": { type: "string", value: "ROLE", what: "admin, developer (when left out) or read-only." },
      "email": { type: "string", value: "ADDRESS", what: "Where to reach them." },
      "password-stdin": PASSWORD_STDIN,
      "password": { type: "boolean", what: "--no-password: a user who has tokens only." },
    },
    run: add,
  },
  {
    name: "user password",
    summary: "Set a user's password.",
    words: ["<name>"],
    options: { "password-stdin": PASSWORD_STDIN },
    run: setPassword,
  },
  {
    name: "user disable",
    summary: "Take a user's access away.",
    words: ["<name>"],
    options: {},
    run: setDisabled(true),
  },
  { name: "user enable", summary: "Give it back.", words: ["<name>"], options: {}, run: setDisabled(false) },
];
