import { makePackageTarball, type PackageInput, type PackageTarball } from "./make-package.ts";

/** What a client sends to publish a version. */
export interface PublishDocumentInput extends PackageInput {
  /** Defaults to `latest`. */
  tag?: string;
  /** Sigstore bundles to attach, as `npm publish --provenance` does. */
  bundle?: unknown;
  readme?: string;
}

/** A publish document like npm's, with its tarball. */
export interface PublishDocument {
  body: Record<string, unknown>;
  tarball: PackageTarball;
}

/** Makes the document that `npm publish` sends. */
export function makePublishDocument(input: PublishDocumentInput): PublishDocument {
  const { name, version, manifest = {}, tag = "latest" } = input;
  const tarball = makePackageTarball(input);
  const attachments: Record<string, unknown> = {
    [`${name}-${version}.tgz`]: {
      content_type: "application/octet-stream",
      data: tarball.bytes.toString("base64"),
      length: tarball.bytes.length,
    },
  };
  if (input.bundle !== undefined) {
    const data = JSON.stringify(input.bundle);
    attachments[`${name}-${version}.sigstore`] = {
      content_type: "application/vnd.dev.sigstore.bundle.v0.3+json",
      data,
      length: data.length,
    };
  }
  return {
    tarball,
    body: {
      "_id": name,
      name,
      "description": "",
      "dist-tags": { [tag]: version },
      "versions": {
        [version]: {
          name,
          version,
          ...manifest,
          _id: `${name}@${version}`,
          ...(input.readme === undefined ? {} : { readme: input.readme }),
          _nodeVersion: "20.20.2",
          _npmVersion: "11.19.1",
          dist: {
            integrity: tarball.integrity,
            shasum: tarball.shasum,
            tarball: `http://localhost/${name}/-/${name}-${version}.tgz`,
          },
        },
      },
      "access": null,
      "_attachments": attachments,
    },
  };
}
