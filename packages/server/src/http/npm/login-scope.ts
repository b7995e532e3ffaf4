import { UNLIMITED, type TokenScope } from "../../identity/index.ts";
import type { NpmContext } from "../context.ts";

/** What the token of a login is limited to: nothing, or the registry that the client logs in to, as configured. */
export function loginScope({ deps, registry }: Pick<NpmContext, "deps" | "registry">): {
  scope?: TokenScope;
} {
  if (deps.loginTokens === "all") return {};
  return { scope: { ...UNLIMITED, registries: { ids: [registry.id], groups: [] } } };
}
