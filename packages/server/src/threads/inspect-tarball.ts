import { PackageReader } from "./package-reader.ts";
import type { InspectTarballInput, TaskResult } from "./tasks.ts";
import { walkTarball } from "./walk-tarball.ts";

/** Looks into a tarball without unpacking it to disk. Memory stays bounded whatever its size. */
export async function inspectTarball(input: InspectTarballInput): Promise<TaskResult<"inspectTarball">> {
  const { limits, findSecrets = false, withReadme = false } = input;
  const output = await walkTarball(
    input,
    (parserClass, packedBytes) =>
      new PackageReader(parserClass, { ...limits, packedBytes, findSecrets, withReadme }),
  );
  return { output, transfer: [] };
}
