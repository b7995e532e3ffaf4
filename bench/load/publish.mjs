import { Agent } from "node:http";

import { createBytePool, hashesOf } from "../upstream/seeded-bytes.mjs";
import { buildTarball, tarballManifest } from "../upstream/tarballs.mjs";
import { send } from "./http.mjs";

/** Registries take names that begin so as their own, without a look upstream. */
export const OWN_PREFIX = "bench-own-";

/**
 * Writes what `npm publish` sends for one version.
 *
 * @param {{ name: string, version: string, sizeBytes?: number }} input  size of the tarball
 * @returns {{ path: string, body: Buffer }}
 */
export function publishRequest({ name, version, sizeBytes = 2_500 }) {
  const tarball = buildTarball({ name, version, sizeBytes, pool: createBytePool() });
  return requestOf({ name, version, tarball });
}

/** The same for many, sharing one source of bytes. */
export function publishRequests(versions, sizeBytes = 2_500) {
  const pool = createBytePool();
  return versions.map(({ name, version }) =>
    requestOf({ name, version, tarball: buildTarball({ name, version, sizeBytes, pool }) }),
  );
}

function requestOf({ name, version, tarball }) {
  const manifest = {
    ...tarballManifest(name, version),
    _id: `${name}@${version}`,
    _nodeVersion: "20.20.2",
    _npmVersion: "11.19.1",
    dist: { ...hashesOf(tarball), tarball: `http://127.0.0.1/${name}/-/${name}-${version}.tgz` },
  };
  const document = {
    "_id": name,
    name,
    "description": manifest.description,
    "dist-tags": { latest: version },
    "versions": { [version]: manifest },
    "access": null,
    "_attachments": {
      [`${name}-${version}.tgz`]: {
        content_type: "application/octet-stream",
        data: tarball.toString("base64"),
        length: tarball.length,
      },
    },
  };
  return { path: `/${name}`, body: Buffer.from(JSON.stringify(document)) };
}

/**
 * Publishes with up to `inFlightMax` requests open.
 *
 * @param {{ url: string, token: string, requests: { path: string, body: Buffer }[], inFlightMax: number }}
 * input
 * @returns {Promise<{ wallMs: number, latencies: number[], failures: string[] }>}
 */
export async function publishAll({ url, token, requests, inFlightMax }) {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlightMax, maxFreeSockets: inFlightMax });
  const latencies = [];
  const failures = [];
  let next = 0;
  async function client() {
    while (next < requests.length) {
      const { path, body } = requests[next];
      next += 1;
      const answer = await send(`${url}${path}`, {
        method: "PUT",
        agent,
        body,
        keepBody: true,
        headers: { "content-type": "application/json", "authorization": `Bearer ${token}` },
      });
      latencies.push(answer.ms);
      if (answer.status !== 200 && answer.status !== 201) {
        failures.push(`${answer.status} ${answer.body.toString("utf8").slice(0, 120)}`);
      }
    }
  }
  const start = performance.now();
  try {
    await Promise.all(Array.from({ length: inFlightMax }, client));
  } finally {
    agent.destroy();
  }
  return { wallMs: performance.now() - start, latencies, failures };
}

/** Publishes packages `bench-own-<from> …` of one version each. Throws when one is refused. */
export async function fillStore({ url, token, from, to }) {
  const CHUNK = 500;
  for (let start = from; start < to; start += CHUNK) {
    const count = Math.min(CHUNK, to - start);
    const names = Array.from({ length: count }, (_, index) => ({
      name: `${OWN_PREFIX}${start + index}`,
      version: "1.0.0",
    }));
    const { failures } = await publishAll({ url, token, requests: publishRequests(names), inFlightMax: 16 });
    if (failures.length > 0) throw new Error(`${failures.length} of ${count} refused: ${failures[0]}`);
  }
}
