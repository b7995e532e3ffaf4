import { randomUUID } from "node:crypto";
import type { Selectable, Transaction } from "kysely";
import { EntrepotError, registryNameProblem } from "@entrepot/core";
import { appendChange } from "../changes/index.ts";
import { isPostgres, type Schema } from "../db/index.ts";
import type { SecretBox } from "../identity/index.ts";
import type { UpstreamSettings } from "../upstream/index.ts";
import { openCredential } from "./upstream-credential.ts";
import { writeNamed, type RegistryActor, type RegistryWriteDeps } from "./registry-write.ts";

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
  const id = randomUUID();
  await writeNamed(deps.db, async (trx) => {
    const now = deps.now();
    if ((await findUpstream(trx, by.workspaceId, input.name)) !== undefined) {
      throw new EntrepotError("name-taken", { message: `The upstream "${input.name}" exists already.` });
    }
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
    const columns = columnsAfter(deps, row, { ...input, url, managed: by.fromConfiguration });
    const changed = Object.entries(columns).filter(([key, value]) => row[key as keyof typeof row] !== value);
    if (changed.length === 0) return;
    if (columns.url !== row.url) {
      await trx.deleteFrom("upstream_documents").where("upstream_id", "=", row.id).execute();
    }
    await trx
      .updateTable("upstreams")
      .set({ ...columns, updated_at: now })
      .where("id", "=", row.id)
      .execute();
    await logUpstreamChange(trx, by, { now, detail: { changed: input.name, url: columns.url } });
  });
}

type ChangedColumns = Pick<UpstreamRow, "url" | "credential" | "settings" | "managed">;

function columnsAfter(
  deps: UpstreamWriteDeps,
  row: UpstreamRow,
  change: Omit<UpstreamValues, "url"> & { url: string | null; managed: boolean },
): ChangedColumns {
  return {
    url: change.url ?? row.url,
    credential: credentialAfter(deps, { row, url: change.url, authorization: change.authorization }),
    // What the configuration file leaves out has its default again.
    settings: JSON.stringify({
      ...(change.managed ? {} : (JSON.parse(row.settings) as object)),
      ...change.settings,
    }),
    managed: change.managed ? 1 : row.managed,
  };
}

/**
 * Gives upstreams that the configuration file declared, and does so no longer, back to API and CLI. Resolves with
 * their names. They stay attached where they are.
 */
export async function releaseUpstreams(
  deps: RegistryWriteDeps,
  by: RegistryActor,
  declared: readonly string[],
): Promise<string[]> {
  return await deps.db.write(async (trx) => {
    const now = deps.now();
    const rows = await trx
      .updateTable("upstreams")
      .set({ managed: 0, updated_at: now })
      .where("workspace_id", "=", by.workspaceId)
      .where("managed", "=", 1)
      .where("name", "not in", ["", ...declared])
      .returning("name")
      .execute();
    for (const { name } of rows) await logUpstreamChange(trx, by, { now, detail: { released: name } });
    return rows.map(({ name }) => name);
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

// A credential belongs to the host it was given for; another host never gets it. One that is given anew is only
// sealed anew when it differs, since no two seals are alike.
function credentialAfter(
  deps: UpstreamWriteDeps,
  change: { row: UpstreamRow; url: string | null; authorization: string | null | undefined },
): string | null {
  const { row, url, authorization } = change;
  if (authorization === undefined) {
    const isSameHost = url === null || new URL(url).origin === new URL(row.url).origin;
    return isSameHost ? row.credential : null;
  }
  const known = openCredential(deps.secrets, row.credential);
  return known.problem === null && known.credential === authorization
    ? row.credential
    : sealed(deps, authorization);
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

type UpstreamRow = Selectable<Schema["upstreams"]>;

// Nobody else changes or deletes the row until the transaction ends.
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
    .$if(isPostgres(trx), (query) => query.forUpdate())
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
