import { coreBusyMs, processorMs, waitUntilIdle } from "../harness/process-facts.mjs";
import { inTurn } from "../harness/rounds.mjs";
import { send } from "./http.mjs";
import { runWrk } from "./wrk.mjs";

/**
 * Below this rate one measurement holds too few answers, and is made longer: 32 of them are begun at once.
 */
const SLOW_PER_SECOND = 30;
const SLOW_SECONDS = 15;

/** From which share on a note says that the machine was busy with something else. */
const OTHERS_PERCENT_NOTED = 15;

/**
 * @typedef {object} Target
 * @property {string} column
 * @property {string} url
 * @property {Record<string, string>} headers
 * @property {number} pid
 * @property {boolean} [isConditional]  ask with the ETag of a first answer, and expect 304
 */

/**
 * Answers per second of each target: a look at one answer, a warm-up, then rounds in turn.
 *
 * @param {import("../harness/context.mjs").Context} context
 * @param {Target[]} targets
 */
export async function measureThroughput({ workshop, options }, targets) {
  const ready = [];
  const failed = {};
  for (const target of targets) {
    try {
      ready.push(await prepare(workshop, target, options.warmSeconds));
    } catch (error) {
      failed[target.column] = {
        value: Number.NaN,
        samples: [],
        notes: [`failed: ${error.message}`],
        facts: {},
      };
    }
  }
  const cells = await inTurn(ready, options.rounds, async (target) => {
    const seconds = target.isSlow ? Math.max(SLOW_SECONDS, options.seconds) : options.seconds;
    const look = watchCore(options.serverCore, target.pid);
    const result = await runWrk(workshop, { ...target, seconds });
    const core = look();
    const isIdle = await waitUntilIdle(target.pid);
    const { value, ...rest } = judge(target, result, { ...core, isIdle });
    const perCoreSecond = (1000 * result.requests) / core.ownMs;
    return {
      ...rest,
      value: options.perCoreSecond ? perCoreSecond : value,
      facts: { ...rest.facts, perSecond: value, perCoreSecond, othersPercent: core.othersPercent },
    };
  });
  return { ...cells, ...failed };
}

async function prepare(workshop, target, warmSeconds) {
  const first = await send(target.url, { headers: target.headers });
  if (first.status !== 200) throw new Error(`answers ${first.status} instead of 200`);
  const headers = { "Accept-Encoding": "gzip", ...target.headers };
  let expected = { status: 200, sizeBytes: first.sizeBytes };
  if (target.isConditional) {
    if (first.headers.etag === undefined) throw new Error("answers without an ETag");
    headers["If-None-Match"] = first.headers.etag;
    const { status } = await send(target.url, { headers });
    if (status !== 304) throw new Error(`answers ${status} instead of 304`);
    expected = { status, sizeBytes: 0 };
  }
  const warm = await runWrk(workshop, { url: target.url, headers, seconds: warmSeconds });
  await waitUntilIdle(target.pid);
  // The warm-up may have made the server compress better; what counts is what it sends from now on.
  if (expected.status === 200) expected.sizeBytes = (await send(target.url, { headers })).sizeBytes;
  const isSlow = warm.requests / (warm.durationMs / 1000) < SLOW_PER_SECOND;
  return { ...target, headers, expected, isSlow };
}

/**
 * Starts to watch the server core; the function returned says what has happened there since: how long the server
 * worked, and how many percent of the time went to anything else. A measurement on a busy machine should say so.
 */
function watchCore(core, pid) {
  const start = { at: performance.now(), busyMs: coreBusyMs(core), ownMs: processorMs(pid) };
  return () => {
    const ownMs = Math.max(1, processorMs(pid) - start.ownMs);
    const busyMs = coreBusyMs(core);
    const othersMs = busyMs === null || start.busyMs === null ? 0 : busyMs - start.busyMs - ownMs;
    const wallMs = performance.now() - start.at;
    return { ownMs, othersPercent: Math.max(0, Math.round((100 * othersMs) / wallMs)) };
  };
}

/** Turns wrk's figures into a value; wrong, short or missing answers are failures, not speed. */
function judge({ expected }, result, { isIdle, othersPercent }) {
  if (result.requests === 0) throw new Error("no answer in time");
  if (result.badStatus > 0) throw new Error(`${result.badStatus} answers with an error status`);
  if (result.bytes / result.requests < expected.sizeBytes) {
    throw new Error(
      `answers of ${Math.round(result.bytes / result.requests)} bytes, not ${expected.sizeBytes}`,
    );
  }
  const notes = [];
  if (result.socketErrors + result.timeouts > 0) {
    notes.push(`${result.socketErrors} socket errors, ${result.timeouts} timeouts`);
  }
  if (othersPercent >= OTHERS_PERCENT_NOTED) {
    notes.push(`other work took ${OTHERS_PERCENT_NOTED} % or more of the server core`);
  }
  if (!isIdle) notes.push("still busy 30 s after the last request");
  return {
    value: result.requests / (result.durationMs / 1000),
    notes,
    facts: {
      bodyBytes: expected.sizeBytes,
      p50Ms: result.p50Ms,
      p99Ms: result.p99Ms,
    },
  };
}
