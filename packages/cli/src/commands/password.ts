import { createApi, serverUrl } from "../api.ts";
import { askSecret } from "../ask-secret.ts";
import { switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";
import { askUser } from "./login.ts";

async function changePassword({ options, api, print, io }: CommandContext): Promise<void> {
  const server = serverUrl(api.server);
  const user = textOption(options, "user") ?? (await askUser(io, "--user and --stdin"));
  const passwords = switchOption(options, "stdin") === true ? await readBoth(io) : await askBoth(io);
  // Whoever has only a one-time password has no token, and one from earlier has no say in this.
  await createApi({ server, token: null, fetch: io.fetch }).call("POST", "/password", { user, ...passwords });
  print.done(`${user} has a new password on ${server}; log in with it.`, { server, user });
}

interface Passwords {
  password: string;
  newPassword: string;
}

async function readBoth(io: CommandContext["io"]): Promise<Passwords> {
  const [password = "", newPassword = ""] = (await io.readInput()).split(/\r?\n/);
  if (password === "" || newPassword === "") {
    throw usageFailure("Standard input needs two lines: the password that you have, and the new one.");
  }
  return { password, newPassword };
}

async function askBoth(io: CommandContext["io"]): Promise<Passwords> {
  const asked = { fromInput: false, option: "stdin" };
  const password = await askSecret(io, { ...asked, question: "Password that you have" });
  const newPassword = await askSecret(io, { ...asked, question: "New password" });
  const again = await askSecret(io, { ...asked, question: "New password again" });
  if (again !== newPassword) throw usageFailure("The new passwords differ; nothing was changed.");
  return { password, newPassword };
}

/** `entrepot password`. */
export const PASSWORD_COMMANDS: readonly ClientCommand[] = [
  {
    name: "password",
    summary: "Replace your password, such as the one-time password of the first start.",
    words: [],
    options: {
      user: { type: "string", value: "NAME", what: "User name; asked for when left out." },
      stdin: {
        type: "boolean",
        what: "Take both from standard input: two lines, the old one and the new one.",
      },
    },
    run: changePassword,
  },
];
