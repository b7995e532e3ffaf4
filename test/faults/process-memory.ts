import { readFile } from "node:fs/promises";

/** A figure of /proc/PID/status in MiB: `VmRSS` is resident now, `VmHWM` the most it ever was. */
export async function memoryMib(pid: number, key: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kib = Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status)?.[1]);
  if (!Number.isFinite(kib)) throw new Error(`no ${key} of process ${pid}`);
  return kib / 1024;
}
