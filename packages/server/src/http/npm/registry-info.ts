import { EntrepotError } from "@entrepot/core";
import { findAttestations, parseAttestedVersion } from "../../registry/index.ts";
import { jsonAnswer, jsonBytesAnswer, type Answer } from "../answer.ts";
import { helpPage } from "../help.ts";
import type { NpmContext } from "../context.ts";
import { valueOf } from "../match-route.ts";
import { assertMayWith } from "../may-here.ts";

/** `GET /`: what this URL is. */
export async function registryInfo(context: NpmContext): Promise<Answer> {
  const { registry, registryUrl, deps } = context;
  return jsonAnswer(200, {
    db_name: registry.name,
    description: registry.description,
    url: `${registryUrl}/`,
    server: `entrepot ${deps.version}`,
    update_seq: deps.changes.seq,
  });
}

/** `GET /-/npm/v1/attestations/<name>@<version>`: the bundles that came with a publish, or that the upstream has. */
export async function attestations(context: NpmContext): Promise<Answer> {
  const wanted = parseAttestedVersion(valueOf(context.params, "rest"));
  await assertMayWith(context, "view", wanted.name);
  const found = await findAttestations(context.deps, context.registry, wanted);
  return jsonBytesAnswer(200, Buffer.from(found));
}

/** `GET /-/npm/v1/keys`: by which keys the registry's upstreams sign; 404 where none does, as clients expect it. */
export async function keys({ deps, registry }: NpmContext): Promise<Answer> {
  const found = await deps.signingKeys.merged(registry);
  if (found.length > 0) return jsonAnswer(200, { keys: found });
  throw new EntrepotError("not-found", {
    message: "Nothing in this registry is signed by a registry's key.",
  });
}

/** `GET /-/help/errors`: also here, for registries that have a host of their own. */
export async function help(): Promise<Answer> {
  return helpPage();
}
