import { part } from "../api.ts";
import { given, textOption } from "../command.ts";
import type { ClientCommand, CommandContext } from "../command.ts";

/** An invitation with its code, as the API answers it. */
interface Sent extends Record<string, unknown> {
  id: string;
  code: string;
  url: string | null;
  expiresAt: string;
}

function printSent(print: CommandContext["print"], sent: Sent): void {
  print.done(`Send this, good once and until ${sent.expiresAt}: ${sent.url ?? sent.code}`, sent);
}

async function create({ options, api, print }: CommandContext): Promise<void> {
  const body = given({ email: textOption(options, "email"), role: textOption(options, "role") });
  printSent(print, await api.call<Sent>("POST", "/invitations", body));
}

async function list({ api, print }: CommandContext): Promise<void> {
  print.list(await api.list("/invitations"), ["id", "role", "email", "state", "expiresAt", "acceptedBy"]);
}

async function resend({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  printSent(print, await api.call<Sent>("POST", `/invitations/${part(id)}/resend`));
}

async function revoke({ words: [id = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/invitations/${part(id)}`);
  print.done(`Revoked the invitation ${id}.`, { id });
}

/** `entrepot invitation …`. */
export const INVITATION_COMMANDS: readonly ClientCommand[] = [
  {
    name: "invitation create",
    summary: "Invite somebody to become a user; prints the URL to send.",
    words: [],
    options: {
      email: { type: "string", value: "ADDRESS", what: "E-mail address of the user that it makes." },
      role: {
        type: "string",
        value: "ROLE",
        what: "owner, admin, developer (when left out) or read-only.",
      },
    },
    run: create,
  },
  { name: "invitation list", summary: "List the invitations.", words: [], options: {}, run: list },
  {
    name: "invitation resend",
    summary: "Make another URL for an invitation; the old one ends.",
    words: ["<id>"],
    options: {},
    run: resend,
  },
  { name: "invitation revoke", summary: "End an invitation.", words: ["<id>"], options: {}, run: revoke },
];
