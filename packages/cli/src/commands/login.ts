import { createApi, serverUrl } from "../api.ts";
import { askSecret } from "../ask-secret.ts";
import { switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { credentialsPath, readCredentials, writeCredentials } from "../credentials-file.ts";
import { usageFailure } from "../failure.ts";

async function login({ options, api, print, io }: CommandContext): Promise<void> {
  const server = serverUrl(api.server);
  const user = textOption(options, "user") ?? (await askUser(io, "--user and --password-stdin"));
  const fromInput = switchOption(options, "password-stdin") === true;
  const password = await askSecret(io, { fromInput, question: "Password", option: "password-stdin" });
  // A token from earlier has no say in whether this password is right.
  const { token } = await createApi({ server, token: null, fetch: io.fetch }).call<{ token: string }>(
    "POST",
    "/login",
    { user, password },
  );
  const path = credentialsPath(io);
  const stored = await readCredentials(path);
  const servers = { ...stored.servers, [server]: { user, token } };
  await writeCredentials(path, { version: 1, defaultServer: server, servers });
  print.done(`Logged in to ${server} as ${user}.`, { server, user, file: path });
}

/** Asks for a user name. Ends the command, naming the options that would do, when nobody can be asked. */
export async function askUser(io: CommandContext["io"], instead: string): Promise<string> {
  if (!io.isInteractive) throw usageFailure(`Nobody can be asked here; give ${instead}.`);
  return (await io.ask("User name: ", { hidden: false })).trim();
}

/** `entrepot login`. */
export const LOGIN_COMMANDS: readonly ClientCommand[] = [
  {
    name: "login",
    summary: "Exchange a password for a token, kept for the other commands.",
    words: [],
    options: {
      "user": { type: "string", value: "NAME", what: "User name; asked for when left out." },
      "password-stdin": { type: "boolean", what: "Take the password from standard input." },
    },
    run: login,
  },
];
