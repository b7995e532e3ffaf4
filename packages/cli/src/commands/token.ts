import { part } from "../api.ts";
import { given, switchOption, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";
import { usageFailure } from "../failure.ts";

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/tokens"), [
    "id",
    "name",
    "hint",
    "readonly",
    "createdAt",
    "expiresAt",
    "lastUsedAt",
  ]);
}

async function create({ words: [name = ""], options, api, print, io }: CommandContext): Promise<void> {
  const days = textOption(options, "expires-days");
  if (days !== undefined && !/^\d{1,4}$/.test(days)) {
    throw usageFailure(`--expires-days takes a number, not "${days}".`);
  }
  const created = await api.call<{ token: string }>(
    "POST",
    "/tokens",
    given({
      name,
      readonly: switchOption(options, "write") !== true,
      expiresInDays: days === undefined ? undefined : Number(days),
    }),
  );
  if (!print.asJson) io.err("This token is shown this once:\n");
  print.done(created.token, created);
}

async function revoke({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/tokens/${part(id)}`);
  print.done("Revoked the token.", { revoked: true });
}

/** `entrepot token …`. */
export const TOKEN_COMMANDS: readonly ClientCommand[] = [
  { name: "token list", summary: "List your tokens.", words: [], options: {}, run: list },
  {
    name: "token create",
    summary: "Create a token and print it, this once; it may only read unless --write is given.",
    words: ["<name>"],
    options: {
      "write": { type: "boolean", what: "Let it do all that you may do." },
      "expires-days": { type: "string", value: "N", what: "Days until it ends; never when left out." },
    },
    run: create,
  },
  { name: "token revoke", summary: "Revoke a token.", words: ["<id>"], options: {}, run: revoke },
];
