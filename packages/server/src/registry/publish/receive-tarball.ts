import { EntrepotError, parsePackageName } from "@entrepot/core";
import type { StagingArea } from "../../blobs/index.ts";
import type { TarballLimits, ThreadPool } from "../../threads/index.ts";
import { type Attachment, AttachmentSink } from "./attachment.ts";
import { parsePublishRequest, type PublishRequest } from "./publish-request.ts";

export interface ReceiveDeps {
  staging: StagingArea;
  threads: Pick<ThreadPool, "run">;
  tarballLimits: TarballLimits;
  limits: { tarballBytesMax: number };
}

/**
 * Takes in a tarball that comes without a document, and makes of it the publish that a client would make: its
 * package.json says what it is. The caller discards the request's tarball. Throws `body-too-large`, `tarball-invalid` and
 * what a publish throws, leaving no file behind.
 */
export async function receiveTarball(
  deps: ReceiveDeps,
  chunks: AsyncIterable<Uint8Array>,
  tag: string,
): Promise<PublishRequest> {
  const attachment = await staged(deps, chunks);
  try {
    return await requestFor(deps, attachment, tag);
  } catch (error) {
    await attachment.discard();
    throw error;
  }
}

async function staged(
  { staging, limits }: ReceiveDeps,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Attachment> {
  const sink = new AttachmentSink("package.tgz", staging);
  try {
    for await (const chunk of chunks) {
      if (sink.sizeBytes + chunk.length > limits.tarballBytesMax) {
        throw new EntrepotError("body-too-large", {
          message: `A tarball has at most ${limits.tarballBytesMax} bytes here (limits.tarballBytesMax).`,
        });
      }
      await sink.write(chunk);
    }
    return await sink.finish();
  } catch (error) {
    await sink.discard();
    throw error;
  }
}

async function requestFor(
  { threads, tarballLimits: limits }: ReceiveDeps,
  attachment: Attachment,
  tag: string,
): Promise<PublishRequest> {
  const { content, sizeBytes } = attachment;
  const { packageJson, readme } = await threads.run("inspectTarball", {
    ...content,
    sizeBytes,
    limits,
    withReadme: true,
  });
  const name = parsePackageName(String(packageJson["name"])).full;
  const version = String(packageJson["version"]).trim();
  const manifest = {
    ...packageJson,
    name,
    version,
    ...(readme === null ? {} : { readme: readme.text, readmeFilename: readme.fileName }),
  };
  const document = { name, "versions": { [version]: manifest }, "dist-tags": { [tag]: version } };
  return parsePublishRequest(parsePackageName(name), { document, attachments: [attachment] });
}
