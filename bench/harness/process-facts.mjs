import { readdirSync, readFileSync } from "node:fs";

/** Clock ticks a second in /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

function readOrNull(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // The process ended between two looks; whoever asked sees it as absent.
    return null;
  }
}

/** The fields of /proc/PID/stat that follow the command's name, which may itself hold spaces. */
function statFields(pid) {
  const text = readOrNull(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** `pid` and all its descendants, parents first. */
export function processTree(pid) {
  const children = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const fields = statFields(entry);
    if (fields === null) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const tree = [pid];
  for (let index = 0; index < tree.length; index += 1) tree.push(...(children.get(tree[index]) ?? []));
  return tree;
}

function statusKilobytes(pid, key) {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(readOrNull(`/proc/${pid}/status`) ?? "");
  return match === null ? 0 : Number(match[1]);
}

/** Resident memory now, of the process and its descendants, in MiB. */
export function residentMib(pid) {
  return processTree(pid).reduce((sum, each) => sum + statusKilobytes(each, "VmRSS"), 0) / 1024;
}

/** Highest resident memory so far (VmHWM), summed over the process and its descendants, in MiB. */
export function peakResidentMib(pid) {
  return processTree(pid).reduce((sum, each) => sum + statusKilobytes(each, "VmHWM"), 0) / 1024;
}

/** Processor time used so far by the process and its descendants, in milliseconds. */
export function processorMs(pid) {
  let ticks = 0;
  for (const each of processTree(pid)) {
    const fields = statFields(each);
    if (fields !== null) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return (ticks * 1000) / TICKS_PER_SECOND;
}

/**
 * Waits until the process has used no processor time for a quarter of a second, because answers that a load
 * generator no longer waits for would be paid for by the next competitor. Gives up after `limitMs`.
 *
 * @returns {Promise<boolean>} whether it came to rest
 */
export async function waitUntilIdle(pid, limitMs = 30_000) {
  const end = Date.now() + limitMs;
  let before = processorMs(pid);
  while (Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const now = processorMs(pid);
    if (now - before <= 10) return true;
    before = now;
  }
  return false;
}

/**
 * Processor time that one core has spent on work so far, in milliseconds; null where the kernel does not say.
 */
export function coreBusyMs(core) {
  const line = new RegExp(`^cpu${core} (.*)$`, "m").exec(readOrNull("/proc/stat") ?? "");
  if (line === null) return null;
  const [user, nice, system, , , interrupts, softInterrupts, steal] = line[1].split(" ").map(Number);
  return ((user + nice + system + interrupts + softInterrupts + steal) * 1000) / TICKS_PER_SECOND;
}
