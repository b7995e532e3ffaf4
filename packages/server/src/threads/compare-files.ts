import { isUtf8 } from "node:buffer";
import { isJsonObject } from "@entrepot/core";
import { filesIn, type FilesFound } from "./tarball-files.ts";
import type {
  DiffTarballsInput,
  FileChange,
  ReadFilesInput,
  TarballDiff,
  TarballLimits,
  TaskResult,
} from "./tasks.ts";

/** Of a file that is shown. */
const TEXT_BYTES_MAX = 512 * 1024;
/** Of a file that is compared line by line. */
const COMPARED_BYTES_MAX = 256 * 1024;
const COMPARED_MAX = 200;
const LISTED_MAX = 1_000;
/** Of all patches together. */
const PATCH_CHARS_MAX = 1024 ** 2;
const ONE_PATCH_CHARS_MAX = 128 * 1024;
/** Lines that may differ before two files count as wholly different, and how long that is looked for. */
const EDITS_MAX = 5_000;
const COMPARE_MS_MAX = 250;
/** For all files together, for a thread does nothing else meanwhile. */
const COMPARE_ALL_MS_MAX = 2000;
const MEMBERS_MAX = 500;
const VALUE_CHARS_MAX = 500;
const MANIFEST = "package.json";
/** Members of package.json whose own members are compared one by one. */
const MAPS: ReadonlySet<string> = new Set([
  "scripts",
  "dependencies",
  "devDependencies",
  "peerDependencies",
  "optionalDependencies",
  "bin",
  "engines",
]);

/** Lists the files of a tarball, and reads the text of one. */
export async function readFiles({ bytes, limits, wanted }: ReadFilesInput): Promise<TaskResult<"readFiles">> {
  const found = await filesIn(
    { bytes },
    {
      limits,
      withHashes: false,
      contents: new Set(wanted === null ? [] : [wanted]),
      contentBytesMax: TEXT_BYTES_MAX + 1,
    },
  );
  const { fileCount, unpackedSizeBytes } = found;
  const files = found.files.map(({ path, sizeBytes }) => ({ path, sizeBytes }));
  const asked = files.find(({ path }) => path === wanted);
  const content = found.contents.get(asked?.path ?? "");
  const file =
    asked === undefined || content === undefined
      ? null
      : {
          ...asked,
          text: textOf(content.subarray(0, TEXT_BYTES_MAX)),
          isCut: content.length > TEXT_BYTES_MAX,
        };
  return { output: { files, fileCount, unpackedSizeBytes, file }, transfer: [] };
}

/** Compares two tarballs file by file, and what has changed line by line as far as that is bounded. */
export async function diffTarballs({
  before,
  after,
  limits,
}: DiffTarballsInput): Promise<TaskResult<"diffTarballs">> {
  const [old, young] = [await listed(before, limits), await listed(after, limits)];
  const changes = changesBetween(old, young);
  const compared = new Set([
    ...changes
      .filter(isComparable)
      .slice(0, COMPARED_MAX)
      .map(({ path }) => path),
    MANIFEST,
  ]);
  const [oldTexts, youngTexts] = [
    await textsIn(before, limits, compared),
    await textsIn(after, limits, compared),
  ];
  const files = changes.slice(0, LISTED_MAX);
  await addPatches(files, oldTexts, youngTexts);
  const output: TarballDiff = {
    files,
    changedCount: changes.length,
    unchangedCount: young.files.length - changes.filter(({ status }) => status !== "removed").length,
    manifest: manifestChanges(oldTexts.get(MANIFEST), youngTexts.get(MANIFEST)),
  };
  return { output, transfer: [] };
}

async function listed(bytes: Uint8Array, limits: TarballLimits): Promise<FilesFound> {
  return await filesIn({ bytes }, { limits, withHashes: true, contents: new Set(), contentBytesMax: 0 });
}

function changesBetween(old: FilesFound, young: FilesFound): FileChange[] {
  const before = new Map(old.files.map((file) => [file.path, file]));
  const after = new Map(young.files.map((file) => [file.path, file]));
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was !== undefined && is !== undefined && was.hash === is.hash) return [];
    const status = was === undefined ? "added" : "removed";
    return [
      {
        path,
        status: was !== undefined && is !== undefined ? ("changed" as const) : status,
        sizeBytesBefore: was?.sizeBytes ?? null,
        sizeBytesAfter: is?.sizeBytes ?? null,
        patch: null,
      },
    ];
  });
}

function isComparable(file: FileChange): boolean {
  return sizeOf(file) <= COMPARED_BYTES_MAX;
}

function sizeOf({ sizeBytesBefore, sizeBytesAfter }: FileChange): number {
  return Math.max(sizeBytesBefore ?? 0, sizeBytesAfter ?? 0);
}

async function textsIn(
  bytes: Uint8Array,
  limits: TarballLimits,
  contents: ReadonlySet<string>,
): Promise<Map<string, string>> {
  const wish = { limits, withHashes: false, contents, contentBytesMax: COMPARED_BYTES_MAX };
  const found = await filesIn({ bytes }, wish);
  return new Map(
    [...found.contents].flatMap(([path, content]) => {
      const text = textOf(content);
      return text === null ? [] : [[path, text] as const];
    }),
  );
}

async function addPatches(
  files: FileChange[],
  old: ReadonlyMap<string, string>,
  young: ReadonlyMap<string, string>,
): Promise<void> {
  const { createTwoFilesPatch } = await import("diff");
  let room = PATCH_CHARS_MAX;
  const endsAt = performance.now() + COMPARE_ALL_MS_MAX;
  // Short ones first, so that a few that are made to take long do not use up the time of all others.
  for (const file of files.toSorted((one, other) => sizeOf(one) - sizeOf(other))) {
    const timeout = Math.min(COMPARE_MS_MAX, endsAt - performance.now());
    if (room <= 0 || timeout <= 0) return;
    const [was, is] = [
      textFor(file.sizeBytesBefore, old, file.path),
      textFor(file.sizeBytesAfter, young, file.path),
    ];
    if (was === null || is === null || !isComparable(file)) continue;
    const limits = { context: 3, timeout, maxEditLength: EDITS_MAX };
    const patch = createTwoFilesPatch(file.path, file.path, was, is, "", "", limits) as string | undefined;
    if (patch === undefined || patch.length > Math.min(room, ONE_PATCH_CHARS_MAX)) continue;
    file.patch = patch;
    room -= patch.length;
  }
}

// A file that is not there is as good as an empty one; one that was not read is not.
function textFor(sizeBytes: number | null, texts: ReadonlyMap<string, string>, path: string): string | null {
  return sizeBytes === null ? "" : (texts.get(path) ?? null);
}

/** Null for what is no text. */
function textOf(content: Buffer): string | null {
  if (content.includes(0)) return null;
  // The end may be cut inside a character.
  for (let cut = 0; cut < 4 && cut <= content.length; cut += 1) {
    const whole = content.subarray(0, content.length - cut);
    if (isUtf8(whole)) return whole.toString("utf8");
  }
  return null;
}

function manifestChanges(before: string | undefined, after: string | undefined): TarballDiff["manifest"] {
  const [old, young] = [flattened(before), flattened(after)];
  const members = [...new Set([...old.keys(), ...young.keys()])];
  return members
    .filter((member) => old.get(member) !== young.get(member))
    .slice(0, MEMBERS_MAX)
    .map((member) => ({
      member,
      before: old.get(member)?.slice(0, VALUE_CHARS_MAX) ?? null,
      after: young.get(member)?.slice(0, VALUE_CHARS_MAX) ?? null,
    }));
}

function flattened(json: string | undefined): Map<string, string> {
  const manifest = parsed(json);
  return new Map(
    Object.entries(manifest).flatMap(([member, value]) =>
      MAPS.has(member) && isJsonObject(value)
        ? Object.entries(value).map(([name, one]) => [`${member}.${name}`, JSON.stringify(one)] as const)
        : [[member, JSON.stringify(value)] as const],
    ),
  );
}

function parsed(json: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json ?? "{}");
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
