import { setTimeout as delay } from "node:timers/promises";
import { EntrepotError, isJsonObject, may, type NotChecked, type Verdict } from "@entrepot/core";
import {
  readPreflightFile,
  runPreflight,
  type PreflightQuestion,
  type PreflightReport,
  type PreflightWork,
} from "../../registry/index.ts";
import { apiRoute, NO_BODY, registryOf, type ApiContext, type ApiRoute } from "./api-route.ts";
import { isoOrNull } from "./iso-of.ts";
import { NdjsonStream } from "./ndjson-stream.ts";

const BODY_BYTES_MAX = 16 * 1024 * 1024;
const FILE_NAME_CHARS_MAX = 500;
const HOSTS_MAX = 50;
const WORK_MS_MAX = 240_000;
const PROGRESS_MS = 500;
/** Items of each list that are told; the counts are of all. */
const LISTED_MAX = 1000;
const CANDIDATES_MAX = 10;

type Context = ApiContext<unknown>;

interface AskedFile {
  fileName: string | null;
  content: string;
  hosts: string[];
}

// `{ fileName, content, hosts }`, or the file itself.
function fileIn(context: Context): AskedFile {
  const { body } = context;
  if (isJsonObject(body) && typeof body["content"] === "string") {
    return {
      fileName: nameOf(body["fileName"] ?? context.query("fileName")),
      content: body["content"],
      hosts: hostsOf(body["hosts"]),
    };
  }
  const content = typeof body === "string" ? body : JSON.stringify(body ?? "");
  return { fileName: nameOf(context.query("fileName")), content: content === '""' ? "" : content, hosts: [] };
}

function nameOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" && value.length <= FILE_NAME_CHARS_MAX) return value;
  throw invalid(`"fileName" is a text of at most ${FILE_NAME_CHARS_MAX} characters.`);
}

function hostsOf(value: unknown): string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.length <= HOSTS_MAX;
  const hosts = isList ? value.filter((item): item is string => typeof item === "string") : [];
  if (isList && hosts.length === value.length) return hosts;
  throw invalid(`"hosts" is a list of at most ${HOSTS_MAX} names of hosts.`);
}

function invalid(message: string): EntrepotError {
  return new EntrepotError("request-invalid", { message });
}

async function preflight(context: Context): Promise<unknown> {
  const { deps, principal } = context;
  const registry = await registryOf(context, context.param("name"));
  const { hosts, ...asked } = fileIn(context);
  const policy = await deps.access.policy();
  const maySee: PreflightQuestion["maySee"] = (packageName) =>
    may({ principal, permission: "view", target: { registry, packageName } }, policy).allowed;
  const endsAt = performance.now() + WORK_MS_MAX;
  const state: WorkState = { progress: { done: 0, total: 0 }, isLeft: false };
  const work: PreflightWork = {
    isOver: () => state.isLeft || performance.now() >= endsAt,
    onProgress: (next) => {
      state.progress = next;
    },
  };
  // Held until the work ends, whoever reads of it.
  const release = deps.preflightSlots.take();
  const file = await readPreflightFile(deps, asked).catch((error: unknown) => {
    release();
    throw error;
  });
  const question = { registry, file, hosts: [...hosts, ...ownHosts(context)], maySee };
  const running = runPreflight(deps, question, work).then(shown).finally(release);
  return context.query("progress") === "true" ? streamed(running, state) : await running;
}

function ownHosts({ baseUrl, deps }: Context): string[] {
  const urls = [baseUrl, deps.publicUrl].filter((url) => url !== null);
  return urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).host);
}

interface WorkState {
  progress: { done: number; total: number };
  /** Set when nobody reads of it any more, which ends the work. */
  isLeft: boolean;
}

/** A client that leaves ends the work. */
function streamed(running: Promise<object>, state: WorkState): NdjsonStream {
  const ended = running.then((report) => ({ report }), failureLine);
  // Who is gone before the first line hears of no failure.
  ended.catch(() => undefined);
  return new NdjsonStream(progressLines(ended, state));
}

/** Lines that say how far the work is, and at last what came of it. */
async function* progressLines(ended: Promise<object>, state: WorkState): AsyncGenerator<readonly object[]> {
  try {
    for (;;) {
      const line = await Promise.race([ended, delay(PROGRESS_MS, null)]);
      if (line !== null) {
        yield [line];
        return;
      }
      yield [{ progress: state.progress }];
    }
  } finally {
    state.isLeft = true;
  }
}

// The status was sent long ago, so the failure has to be told in a line.
function failureLine(error: unknown): { error: string; code: string } {
  if (error instanceof EntrepotError) return { error: error.message, code: error.code };
  throw error;
}

function shown(report: PreflightReport): Record<string, unknown> {
  const { refused, hidden, changed, blocked, stuck, missing, notChecked, exceptions, ...rest } = report;
  return {
    ...rest,
    counts: {
      refused: refused.length,
      hidden: hidden.length,
      changed: changed.length,
      blocked: blocked.length,
      stuck: stuck.length,
      missing: missing.length,
      notChecked: notChecked.length,
      exceptions: exceptions.length,
    },
    refused: listed(refused).map(({ name, version, verdict, lift }) => ({
      name,
      version,
      ...shownVerdict(verdict),
      liftedBy: lift?.rules ?? null,
    })),
    hidden: listed(hidden).map(({ name, version, verdict }) => ({ name, version, ...shownVerdict(verdict) })),
    changed: listed(changed),
    blocked: listed(blocked).map(({ candidates, ...range }) => ({
      ...range,
      candidates: candidates
        .slice(0, CANDIDATES_MAX)
        .map(({ version, verdict }) => ({ version, ...shownVerdict(verdict) })),
    })),
    stuck: listed(stuck),
    missing: listed(missing),
    notChecked: listed<NotChecked>(notChecked),
    exceptions: listed(exceptions),
  };
}

function listed<T>(items: readonly T[]): T[] {
  return items.slice(0, LISTED_MAX);
}

function shownVerdict({ outcome, rule, reason, until, alternatives }: Verdict): Record<string, unknown> {
  return { outcome, rule, reason, until: isoOrNull(until), alternatives };
}

/** What would come of an installation, before it is begun. */
export const PREFLIGHT_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "preflight",
    method: "POST",
    path: "/registries/:name/preflight",
    permission: "view",
    registryIn: "name",
    bodyBytesMax: BODY_BYTES_MAX,
    body: NO_BODY,
    handler: preflight,
  }),
];
