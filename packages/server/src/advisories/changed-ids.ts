import { EntrepotError } from "@entrepot/core";
import { ImportRefusal } from "./import-refusal.ts";

/** Longest line and list of the file of changes. */
const LINE_CHARS_MAX = 500;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** What the file of changes says, as far as it was read. */
export interface ChangedIds {
  ids: string[];
  /** The newest time of change, milliseconds; null in an empty file. */
  newestAt: number | null;
  /** True when there were more than wanted; then the list is not all. */
  isTooMany: boolean;
}

/** Stops a body that is not wanted any further. */
const ENOUGH = new EntrepotError("client-gone", { message: "The rest is not needed." });

/**
 * Reads lines of time and id, newest first, until one is not newer than `since`, milliseconds. The file is told by
 * `each`, in chunks, and is not read further than that. Throws {@link ImportRefusal} for a line of another form.
 */
export async function readChangedIds(
  each: (use: (chunk: Buffer) => void) => Promise<void>,
  { since, idsMax }: { since: number; idsMax: number },
): Promise<ChangedIds> {
  const found: ChangedIds = { ids: [], newestAt: null, isTooMany: false };
  const ids = new Set<string>();
  let rest = "";
  const take = (line: string): void => {
    const { at, id } = parseLine(line);
    found.newestAt ??= at;
    found.isTooMany = ids.size >= idsMax && at > since;
    if (at <= since || found.isTooMany) throw ENOUGH;
    ids.add(id);
  };
  try {
    await each((chunk) => {
      const lines = (rest + chunk.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > LINE_CHARS_MAX) throw new ImportRefusal("a line of the file of changes is too long");
      for (const line of lines) if (line.trim() !== "") take(line);
    });
    if (rest.trim() !== "") take(rest);
  } catch (error) {
    if (error !== ENOUGH) throw error;
  }
  return { ...found, ids: [...ids] };
}

function parseLine(line: string): { at: number; id: string } {
  const [time = "", path = ""] = line.trim().split(",");
  const at = Date.parse(time);
  // In the file of all ecosystems the id follows the ecosystem's folder.
  const id = path.slice(path.lastIndexOf("/") + 1);
  if (Number.isNaN(at) || !ID.test(id)) {
    throw new ImportRefusal(`the file of changes has the line ${JSON.stringify(line.slice(0, 100))}`);
  }
  return { at, id };
}
