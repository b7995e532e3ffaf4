import { EntrepotError, type PackageIssue } from "@entrepot/core";
import { inTurns } from "../../registry/index.ts";
import {
  auditReportOf,
  gunzipInBackground,
  readAuditedVersions,
  type AskedVersions,
  type ThreadPool,
} from "../../threads/index.ts";
import type { NpmContext } from "../context.ts";

const MIB = 1024 ** 2;
/** Decoded; a bulk audit of twenty thousand packages has room. */
const BYTES_MAX = { bulk: 2 * MIB, tree: 8 * MIB } as const;
/** What is larger is read in a thread: here it would hold up other answers. */
const READ_HERE_BYTES_MAX = 128 * 1024;

/** What came to be audited. */
export interface AuditBody {
  readonly form: "bulk" | "tree";
  /** Decompressed. */
  readonly bytes: Uint8Array;
}

/** Takes in the body of an audit, compressed or not. Throws `request-invalid` and `body-too-large`. */
export async function takeAuditBody(
  { request, body, deps }: NpmContext,
  form: AuditBody["form"],
): Promise<AuditBody> {
  const bytesMax = Math.min(BYTES_MAX[form], deps.limits.metadataBytesMax);
  const encoding = request.headers["content-encoding"]?.trim().toLowerCase() ?? "identity";
  if (encoding === "identity" || encoding === "") return { form, bytes: await body.bytes(bytesMax) };
  if (encoding === "gzip" || encoding === "x-gzip") {
    return { form, bytes: await gunzipInBackground(await body.bytes(bytesMax), bytesMax) };
  }
  throw new EntrepotError("request-invalid", {
    message: `The body comes as "${encoding.slice(0, 50)}"; send it as gzip or as it is.`,
  });
}

/** Which versions an audit is about. Throws `request-invalid`. */
export async function askedIn(
  threads: Pick<ThreadPool, "run">,
  { form, bytes }: AuditBody,
): Promise<AskedVersions> {
  const input = { body: bytes, form };
  if (bytes.length <= READ_HERE_BYTES_MAX) return readAuditedVersions(input);
  return await threads.run("readAudit", input);
}

/** The report on a tree, as JSON. */
export async function reportOn(
  threads: Pick<ThreadPool, "run">,
  { bytes }: AuditBody,
  found: { issues: ReadonlyMap<string, readonly PackageIssue[]>; source: string },
): Promise<Uint8Array> {
  if (bytes.length <= READ_HERE_BYTES_MAX) return auditReportOf(bytes, found.issues, found.source);
  const issues = await jsonOfEach(found.issues, (all) => all);
  return (await threads.run("reportAudit", { body: bytes, issues, source: found.source })).json;
}

/** JSON of an object with a member for each entry, written without holding up other answers. */
export async function jsonOfEach<T>(
  entries: ReadonlyMap<string, T>,
  shown: (value: T) => unknown,
): Promise<Uint8Array> {
  const members: string[] = [];
  await inTurns(entries, ([name, value]) => {
    members.push(`${JSON.stringify(name)}:${JSON.stringify(shown(value))}`);
  });
  return Buffer.from(`{${members.join(",")}}`);
}
