import { EntrepotError } from "@entrepot/core";

/** The refusal of an upstream whose policy shows nothing of a package, passed on as ours. */
export function deniedUpstream(upstream: { readonly name: string }, text: string): EntrepotError {
  return new EntrepotError("version-denied", {
    message: `The upstream "${upstream.name}" refuses it: ${text}`,
    details: { rule: "upstream", reason: text, until: null, upstream: upstream.name },
  });
}
