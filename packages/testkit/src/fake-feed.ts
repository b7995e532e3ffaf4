import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { makeZip } from "./make-zip.ts";

/** A record of advisories; what is left out is made up. */
export interface FakeRecord {
  id: string;
  /** Versions that are affected, by package; all when null. */
  affects: Readonly<Record<string, readonly string[] | null>>;
  modified?: string;
  withdrawn?: string;
  aliases?: readonly string[];
  summary?: string;
  /** Members of the record as they are, such as `severity`; they take the place of what is made up. */
  members?: Readonly<Record<string, unknown>>;
}

/** What a path answers with instead. */
export interface FeedFault {
  status?: number;
  body?: Buffer | string;
  headers?: Readonly<Record<string, string>>;
  /** Breaks the connection off after so many bytes. */
  cutAfter?: number;
  /** Never answers. */
  hangs?: boolean;
}

/** A server of advisories on a real loopback socket, with the files that the public export has. */
export interface FakeFeed {
  /** Base of all files, with a slash at its end. */
  readonly url: string;
  put(...records: FakeRecord[]): void;
  /** Serves a file below the URL as it is. */
  file(path: string, content: Buffer | string): void;
  remove(id: string): void;
  fault(path: string, fault: FeedFault | null): void;
  /** Paths asked for since the start or the last `forget`, with the status that they got. */
  readonly requests: { path: string; status: number; headers: IncomingMessage["headers"] }[];
  forget(): void;
  close(): Promise<void>;
}

const MODIFIED = "2026-01-01T00:00:00Z";

/** Makes the JSON of a record in OSV's format. */
export function makeAdvisory(record: FakeRecord): Record<string, unknown> {
  return {
    schema_version: "1.6.0",
    id: record.id,
    modified: record.modified ?? MODIFIED,
    published: MODIFIED,
    ...(record.withdrawn === undefined ? {} : { withdrawn: record.withdrawn }),
    aliases: record.aliases ?? [],
    summary: record.summary ?? `What ${record.id} is about`,
    affected: Object.entries(record.affects).map(([name, versions]) => ({
      package: { ecosystem: "npm", name },
      ...(versions === null ? { ranges: [{ type: "SEMVER", events: [{ introduced: "0" }] }] } : { versions }),
    })),
    ...record.members,
  };
}

/** Starts the server; without records it serves an empty zip. */
export async function createFakeFeed(): Promise<FakeFeed> {
  const records = new Map<string, FakeRecord>();
  const files = new Map<string, Buffer>();
  const faults = new Map<string, FeedFault>();
  const requests: FakeFeed["requests"] = [];
  const server: Server = createServer((request, response) => {
    const path = (request.url ?? "/").slice(1);
    const fault = faults.get(path);
    if (fault?.hangs === true) return;
    const status = answer(request, response, { content: contentOf(path), fault });
    requests.push({ path, status, headers: request.headers });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  function contentOf(path: string): Buffer | null {
    const file = files.get(path);
    if (file !== undefined) return file;
    const all = [...records.values()];
    if (path === "all.zip") return makeZip(all.map(entryOf));
    if (path === "modified_id.csv") return Buffer.from(changesOf(all));
    const record = records.get(path.replace(/\.json$/, ""));
    return record === undefined ? null : Buffer.from(JSON.stringify(makeAdvisory(record)));
  }

  return {
    url: `http://127.0.0.1:${port}/`,
    put: (...added) => added.forEach((record) => records.set(record.id, record)),
    file: (path, content) => void files.set(path, Buffer.from(content)),
    remove: (id) => void records.delete(id),
    fault: (path, fault) => void (fault === null ? faults.delete(path) : faults.set(path, fault)),
    requests,
    forget: () => void requests.splice(0),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function entryOf(record: FakeRecord): { name: string; content: string } {
  return { name: `${record.id}.json`, content: JSON.stringify(makeAdvisory(record)) };
}

function changesOf(records: readonly FakeRecord[]): string {
  return records
    .map(({ id, modified = MODIFIED }) => ({ id, modified }))
    .sort((left, right) => Date.parse(right.modified) - Date.parse(left.modified))
    .map(({ id, modified }) => `${modified},${id}\n`)
    .join("");
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { content, fault }: { content: Buffer | null; fault: FeedFault | undefined },
): number {
  const body = fault?.body === undefined ? content : Buffer.from(fault.body);
  const etag = `"${createHash("sha256")
    .update(body ?? "")
    .digest("hex")}"`;
  const isSame = request.headers["if-none-match"] === etag;
  const status = fault?.status ?? usualStatus(body, isSame);
  const sent = status === 200 && body !== null ? body : Buffer.alloc(0);
  response.writeHead(status, { etag, "content-length": sent.length, ...fault?.headers });
  const cutAfter = fault?.cutAfter;
  if (cutAfter === undefined) response.end(sent);
  else response.write(sent.subarray(0, cutAfter), () => response.destroy());
  return status;
}

function usualStatus(body: Buffer | null, isSame: boolean): number {
  if (body === null) return 404;
  return isSame ? 304 : 200;
}
