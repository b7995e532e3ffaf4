import { readFileSync, statSync } from "node:fs";

/** What of a build the bundle was made from: the compiler's notes of core, cli and server, where they are kept. */
const BUILD_NOTES = ["../../core/dist/.tsbuildinfo", "../../cli/dist/.tsbuildinfo", "./.tsbuildinfo"];

/**
 * URL of the program as one file below `dist`, or null when there is none or when it was made from another
 * build than the modules beside it. A published package has the bundle and no notes of a build.
 */
export function bundledProgram(mainUrl: string): URL | null {
  const bundle = new URL("./bundle/program.js", mainUrl);
  const stamp = textOf(new URL("./bundle/stamp.txt", mainUrl));
  if (stamp === null) return null;
  const built = buildStamp(mainUrl);
  return built === null || built === stamp ? bundle : null;
}

/** Tells one build from another; null where no notes are kept. */
export function buildStamp(mainUrl: string): string | null {
  const times = BUILD_NOTES.map(
    (path) => statSync(new URL(path, mainUrl), { throwIfNoEntry: false })?.mtimeMs,
  );
  return times[BUILD_NOTES.length - 1] === undefined ? null : times.join(" ");
}

function textOf(url: URL): string | null {
  if (statSync(url, { throwIfNoEntry: false }) === undefined) return null;
  return readFileSync(url, "utf8");
}
