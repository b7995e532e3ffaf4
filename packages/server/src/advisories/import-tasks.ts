import { ImportRefusal } from "./import-refusal.ts";
import { countOverlay, readOverlays } from "./overlays.ts";
import { mergeOsvRecords, readOsvZip, type ReadFeed } from "./read-feed.ts";
import { snapshotRecords } from "./snapshot-lines.ts";
import { writeIndex, type WrittenIndex } from "./write-index.ts";

/** What a thread can be asked to do; paths in, counts out. */
export interface ImportTasks {
  readOsvZip: { input: Parameters<typeof readOsvZip>[0]; output: ReadFeed };
  mergeOsvRecords: { input: Parameters<typeof mergeOsvRecords>[0]; output: ReadFeed };
  countOverlay: { input: { kind: "kev" | "epss"; path: string }; output: { entries: number } };
  countSnapshot: { input: { path: string }; output: { records: number } };
  writeIndex: {
    input: { snapshots: readonly string[]; kev: string | null; epss: string | null; to: string };
    output: WrittenIndex;
  };
}

export type ImportTaskName = keyof ImportTasks;

/** What a thread is given at its start. */
export interface ImportRequest {
  task: ImportTaskName;
  input: unknown;
}

/** What it answers with. */
export type ImportAnswer =
  | { output: unknown }
  | { refusal: string }
  | { failure: { message: string; code: string | null } };

const TASKS: {
  readonly [N in ImportTaskName]: (input: ImportTasks[N]["input"]) => Promise<ImportTasks[N]["output"]>;
} = {
  readOsvZip,
  mergeOsvRecords,
  countOverlay: async ({ kind, path }) => ({ entries: countOverlay(kind, path) }),
  countSnapshot: async ({ path }) => ({ records: await countRecords(path) }),
  writeIndex: ({ snapshots, to, ...overlays }) => writeIndex(snapshots, readOverlays(overlays), to),
};

/** Does what is asked and tells how it ended; never rejects. */
export async function answerImport({ task, input }: ImportRequest): Promise<ImportAnswer> {
  try {
    // The types pair each task with its input; that pairing does not survive the message.
    return { output: await (TASKS[task] as (input: unknown) => Promise<unknown>)(input) };
  } catch (error) {
    if (error instanceof ImportRefusal) return { refusal: error.message };
    const { message, code } = error as NodeJS.ErrnoException;
    return { failure: { message: message ?? String(error), code: code ?? null } };
  }
}

async function countRecords(path: string): Promise<number> {
  let records = 0;
  for await (const _ of snapshotRecords(path)) records += 1;
  return records;
}
