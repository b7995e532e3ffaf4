import { expect, it } from "vitest";
import { compileClaims } from "../claims.ts";
import type { Registry } from "../registry.ts";
import { findRemote, type RemoteDeps } from "./find-remote.ts";

const CLAIMS = ["@acme/*", "@Mixed/*", "claimed-*"];
const LOCAL = ["secret-tool", "JSONStream"];

async function asked(text: string): Promise<string[]> {
  const texts: string[] = [];
  const isClaimed = compileClaims(CLAIMS);
  const deps = {
    origins: {
      ownAmong: async (_registry: Registry, names: readonly string[]) => ({
        local: new Set(names.filter((name) => LOCAL.includes(name))),
        claimed: new Set(names.filter(isClaimed)),
      }),
    },
    upstreams: {
      search: async (_upstream: unknown, wanted: { text: string }) => {
        texts.push(wanted.text);
        return [];
      },
    },
  } as unknown as RemoteDeps;
  const registry = {
    frozenAt: null,
    claims: CLAIMS,
    isClaimed,
    filters: new Map(),
    upstreams: [{ id: "u", name: "u" }],
  } as unknown as Registry;
  await findRemote(deps, { registry, text, limit: 10 });
  return texts;
}

it.each([
  "secret-tool",
  "Secret-Tool",
  "JSONStream",
  "a b c d e f secret-tool",
  "a b c d e f @acme/x",
  "keywords:secret-tool",
  "keywords:pad,-secret-tool",
  "keywords:pad+claimed-x",
  "odd:JSONStream",
  '"secret-tool"',
  "secret-tool@1.0.0",
  "@acme/x@1.0.0",
  "keywords:@acme",
  "scope:acme scope:other",
  "SCOPE:@Acme",
  "scope:Mixed",
  "@Mixed",
])("tells no upstream of %s, which is the registry's own", async (text) => {
  expect(await asked(text)).toEqual([]);
});

it.each(["left pad", "@other/x", "scope:other", "keywords:text,-old", "acme", "secret"])(
  "asks an upstream for %s",
  async (text) => {
    expect(await asked(text)).toEqual([text]);
  },
);
