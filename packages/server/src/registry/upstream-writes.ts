import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { EntrepotError } from "@entrepot/core";
import { appendChange } from "../changes/index.ts";
import type { Schema } from "../db/index.ts";
import type { SecretBox } from "../identity/index.ts";
import type { UpstreamSettings } from "../upstream/index.ts";
import { registryNameProblem } from "./registry.ts";
import type { RegistryActor, RegistryWriteDeps } from "./registry-writes.ts";

export interface UpstreamWriteDeps extends RegistryWriteDeps {
  secrets: SecretBox;
  /** Tells whether a URL leads back to this server. */
  isOwnUrl: (url: URL) => boolean;
}

/** What of an upstream can be set; what is left out stays. `authorization` is the header's whole value. */
export interface UpstreamValues {
  url?: string;
  authorization?: string | null;
  settings?: Partial<UpstreamSettings>;
}

/** Creates an upstream. Throws `request-invalid` for a bad name or URL or a loop, and `name-taken`. */
export async function createUpstream(
  deps: UpstreamWriteDeps,
  by: RegistryActor,
  input: UpstreamValues & { name: string; url: string },
): Promise<void> {
  const problem = registryNameProblem(input.name, "An upstream");
  if (problem !== null) throw new EntrepotError("request-invalid", { message: problem });
  const url = upstreamUrl(deps, input.url);
  await deps.db.write(async (trx) => {
    const now = deps.now();
    if ((await findUpstream(trx, by.workspaceId, input.name)) !== undefined) {
      throw new EntrepotError("name-taken", { message: `The upstream "${input.name}" exists already.` });
    }
    const id = randomUUID();
    await trx
      .insertInto("upstreams")
      .values({
        id,
        workspace_id: by.workspaceId,
        name: input.name,
        url,
        credential: sealed(deps, input.authorization),
        settings: JSON.stringify(input.settings ?? {}),
        managed: by.fromConfiguration ? 1 : 0,
        created_at: now,
        updated_at: now,
      })
      .execute();
    await logUpstreamChange(trx, by, { now, detail: { created: input.name, url } });
  });
}

/** Changes an upstream. A new URL forgets what was read from the old one. */
export async function changeUpstream(
  deps: UpstreamWriteDeps,
  by: RegistryActor,
  input: UpstreamValues & { name: string },
): Promise<void> {
  const url = input.url === undefined ? null : upstreamUrl(deps, input.url);
  await deps.db.write(async (trx) => {
    const now = deps.now();
    const row = await requireUpstream(trx, by, input.name);
    if (url !== null && url !== row.url) {
      await trx.deleteFrom("upstream_documents").where("upstream_id", "=", row.id).execute();
    }
    await trx
      .updateTable("upstreams")
      .set({
        url: url ?? row.url,
        // A credential belongs to the host it was given for; another host never gets it.
        credential: credentialAfter(deps, { row, url, authorization: input.authorization }),
        settings: JSON.stringify({ ...(JSON.parse(row.settings) as object), ...input.settings }),
        managed: by.fromConfiguration ? 1 : row.managed,
        updated_at: now,
      })
      .where("id", "=", row.id)
      .execute();
    await logUpstreamChange(trx, by, { now, detail: { changed: input.name, url: url ?? row.url } });
  });
}

/** Deletes an upstream and detaches it everywhere; packages cached from it go with the next garbage collection. */
export async function deleteUpstream(
  deps: UpstreamWriteDeps,
  by: RegistryActor,
  name: string,
): Promise<void> {
  await deps.db.write(async (trx) => {
    const row = await requireUpstream(trx, by, name);
    await trx.deleteFrom("upstreams").where("id", "=", row.id).execute();
    await logUpstreamChange(trx, by, { now: deps.now(), detail: { deleted: name } });
  });
}

function credentialAfter(
  deps: UpstreamWriteDeps,
  change: { row: Schema["upstreams"]; url: string | null; authorization: string | null | undefined },
): string | null {
  if (change.authorization !== undefined) return sealed(deps, change.authorization);
  const isSameHost = change.url === null || new URL(change.url).origin === new URL(change.row.url).origin;
  return isSameHost ? change.row.credential : null;
}

function sealed(deps: UpstreamWriteDeps, authorization: string | null | undefined): string | null {
  return authorization === null || authorization === undefined ? null : deps.secrets.seal(authorization);
}

function upstreamUrl(deps: UpstreamWriteDeps, text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new EntrepotError("request-invalid", { message: `"${text}" is not a URL.`, cause });
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new EntrepotError("request-invalid", {
      message: "An upstream's URL starts with http:// or https://.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new EntrepotError("request-invalid", {
      message: "Give the credential as token or username and password, not inside the URL.",
    });
  }
  if (deps.isOwnUrl(url)) {
    throw new EntrepotError("request-invalid", {
      message: "This URL leads back to this server; that would be a loop.",
    });
  }
  url.search = "";
  url.hash = "";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}

type UpstreamRow = Schema["upstreams"];

async function findUpstream(
  trx: Transaction<Schema>,
  workspaceId: string,
  name: string,
): Promise<UpstreamRow | undefined> {
  return await trx
    .selectFrom("upstreams")
    .selectAll()
    .where("workspace_id", "=", workspaceId)
    .where("name", "=", name)
    .executeTakeFirst();
}

async function requireUpstream(
  trx: Transaction<Schema>,
  by: RegistryActor,
  name: string,
): Promise<UpstreamRow> {
  const row = await findUpstream(trx, by.workspaceId, name);
  if (row === undefined) throw new EntrepotError("not-found", { message: `There is no upstream "${name}".` });
  if (row.managed === 1 && !by.fromConfiguration) {
    throw new EntrepotError("permission-denied", {
      message: `The upstream "${name}" is managed by configuration; change entrepot.yaml and restart.`,
    });
  }
  return row;
}

async function logUpstreamChange(
  trx: Transaction<Schema>,
  by: RegistryActor,
  change: { now: number; detail: Record<string, unknown> },
): Promise<void> {
  await appendChange(trx, {
    workspaceId: by.workspaceId,
    registryId: null,
    packageName: null,
    kind: "upstream-changed",
    actor: by.actor,
    at: change.now,
    detail: change.detail,
  });
}
