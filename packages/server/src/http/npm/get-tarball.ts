import { EntrepotError } from "@entrepot/core";
import type { OpenBlob } from "../../blobs/index.ts";
import type { Decided } from "../../firewall/index.ts";
import { versionOfFileName, type Tarball, type TarballRequest } from "../../registry/index.ts";
import { jsonAnswer, type Answer } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { packageOf, valueOf } from "../match-route.ts";
import { parseRange, type ByteRange } from "../range.ts";
import { nameOf } from "../require-user.ts";
import { matchesEtag } from "../send-answer.ts";

const ETAG_CHARS = 43;
const CACHE_CONTROL = "private, max-age=31536000, immutable";

/** `GET /:package/-/:file`: a tarball, whole or in part. */
export async function getTarball(context: NpmContext): Promise<Answer> {
  const name = packageOf(context.params);
  const request: TarballRequest = {
    registry: context.registry,
    name,
    version: versionOfFileName(name, valueOf(context.params, "rest")),
    requester: nameOf(context.principal),
  };
  const { tarballs } = context.deps;
  const decided = servedAs(request);
  const first = await answerFor(context, await tarballs.get(request), decided);
  if (first !== null) return first;
  // What came from an upstream can be fetched again.
  tarballs.lost(request);
  const again = await tarballs.get(request);
  const second = await answerFor(context, again, decided);
  if (second === null) throw blobMissing(again, request);
  return second;
}

function servedAs({ registry, name, version }: TarballRequest): Decided {
  return {
    registryId: registry.id,
    registry: registry.name,
    name: name.full,
    version,
    outcome: "served",
    purpose: "tarball",
    rule: null,
    reason: null,
    until: null,
  };
}

// Null when the bytes are not in the store.
async function answerFor(context: NpmContext, tarball: Tarball, decided: Decided): Promise<Answer | null> {
  const { headers } = context.request;
  const etag = `"${tarball.digest.slice(0, ETAG_CHARS)}"`;
  // Who has the whole is told so, whatever part it asks for.
  const isRangeWanted =
    (headers["if-range"] === undefined || headers["if-range"] === etag) &&
    !matchesEtag(headers["if-none-match"], etag);
  const range =
    isRangeWanted && context.request.method !== "HEAD" ? parseRange(headers.range, tarball.sizeBytes) : null;
  if (range === "unsatisfiable") return unsatisfiable(tarball);
  return range === null
    ? await wholeTarball(context, tarball, { etag, decided })
    : await partOfTarball(context, tarball, { etag, decided, range });
}

async function wholeTarball(
  context: NpmContext,
  tarball: Tarball,
  { etag, decided }: { etag: string; decided: Decided },
): Promise<Answer | null> {
  const { blobCache } = context.deps;
  const held = blobCache.held(tarball.digest) ?? (await blobCache.load(tarball.digest, tarball.sizeBytes));
  const headers = [...sharedHeaders(etag), "content-length", String(tarball.sizeBytes)];
  const replay = {
    body: () => (tarball.isCurrent() ? (held?.bytes ?? null) : null),
    registryId: context.registry.id,
    packageName: packageOf(context.params).full,
    permission: "download" as const,
    etag,
    notModifiedHeaders: ["etag", etag, "cache-control", CACHE_CONTROL],
    decided,
  };
  if (held !== null && held.bytes !== null) {
    return { status: 200, headers, body: held.bytes, replay, decided };
  }
  const open = await openBlob(context, tarball);
  if (open === null) return null;
  return { status: 200, headers, body: null, stream: open.stream, replay, decided };
}

async function partOfTarball(
  context: NpmContext,
  tarball: Tarball,
  { etag, decided, range }: { etag: string; decided: Decided; range: ByteRange },
): Promise<Answer | null> {
  const bytes = context.deps.blobCache.held(tarball.digest)?.bytes ?? null;
  const open = bytes === null ? await openBlob(context, tarball, range) : null;
  if (bytes === null && open === null) return null;
  return {
    status: 206,
    headers: [
      ...sharedHeaders(etag),
      "content-length",
      String(range.end - range.start + 1),
      "content-range",
      `bytes ${range.start}-${range.end}/${tarball.sizeBytes}`,
    ],
    body: bytes?.subarray(range.start, range.end + 1) ?? null,
    decided,
    ...(open === null ? {} : { stream: open.stream }),
  };
}

// A blob of another length was torn by a power cut and is as good as missing.
async function openBlob(context: NpmContext, tarball: Tarball, range?: ByteRange): Promise<OpenBlob | null> {
  const open = await context.deps.blobCache.open(tarball.digest, range);
  if (open === null || open.sizeBytes === tarball.sizeBytes) return open;
  open.stream.destroy();
  return null;
}

function unsatisfiable({ sizeBytes }: Tarball): Answer {
  const error = `The range begins behind the end; the tarball has ${sizeBytes} bytes.`;
  return jsonAnswer(416, { error, message: error }, ["content-range", `bytes */${sizeBytes}`]);
}

function sharedHeaders(etag: string): string[] {
  return [
    "content-type",
    "application/octet-stream",
    "etag",
    etag,
    "cache-control",
    CACHE_CONTROL,
    "accept-ranges",
    "bytes",
  ];
}

function blobMissing({ digest }: Tarball, { name, version }: TarballRequest): EntrepotError {
  return new EntrepotError("storage-unavailable", {
    message:
      `The bytes of ${name.full}@${version} are missing from the storage, where their SHA-512 is ${digest}. ` +
      "Restore them from a backup, or let its publisher publish the very same tarball again.",
    details: { digest },
  });
}
