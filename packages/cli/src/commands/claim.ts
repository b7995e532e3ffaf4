import { part } from "../api.ts";
import type { ClientCommand, CommandContext } from "../command.ts";

async function list({ words: [registry = ""], api, print }: CommandContext): Promise<void> {
  const items: unknown[] = await api.list(`/registries/${part(registry)}/claims`);
  print.list(
    items.map((item) => (typeof item === "string" ? { pattern: item } : (item as object))),
    ["pattern"],
  );
}

async function add({ words: [registry = "", pattern = ""], api, print }: CommandContext): Promise<void> {
  await api.call("PUT", `/registries/${part(registry)}/claims/${part(pattern)}`);
  print.done(`Names like ${pattern} are no longer asked upstream by ${registry}.`, { registry, pattern });
}

async function remove({ words: [registry = "", pattern = ""], api, print }: CommandContext): Promise<void> {
  await api.call("DELETE", `/registries/${part(registry)}/claims/${part(pattern)}`);
  print.done(`Removed the claim ${pattern} of ${registry}.`, { registry, pattern, removed: true });
}

const WORDS = ["<registry>", "<pattern>"];

/** `entrepot claim …`. */
export const CLAIM_COMMANDS: readonly ClientCommand[] = [
  {
    name: "claim list",
    summary: "List the names that are never asked upstream.",
    words: ["<registry>"],
    options: {},
    run: list,
  },
  { name: "claim add", summary: "Claim a name, @scope/* or prefix-*.", words: WORDS, options: {}, run: add },
  { name: "claim remove", summary: "Give up a claim.", words: WORDS, options: {}, run: remove },
];
