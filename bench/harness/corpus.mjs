import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { ABBREVIATED, FULL, send } from "../load/http.mjs";
import { MEASURED, TARBALL_SIZES } from "../upstream/catalog.mjs";

const SETTLE_MS_MAX = 8_000;
const SETTLED_MS = 1_500;

/** What is asked for in the throughput scenarios. */
export const DOCUMENTS = {
  "small": { path: `/${MEASURED.small}`, form: "full", label: "small document (18 KB)" },
  "express-abbreviated": {
    path: `/${MEASURED.express}`,
    form: "abbreviated",
    label: "express-sized, abbreviated",
  },
  "express-full": { path: `/${MEASURED.express}`, form: "full", label: "express-sized, full" },
  "typescript-full": {
    path: `/${MEASURED.typescript}`,
    form: "full",
    label: "typescript-sized, full (9.8 MB)",
  },
};

export const TARBALLS = Object.fromEntries(
  TARBALL_SIZES.map(({ key, version, sizeBytes }) => [
    key,
    {
      path: `/${MEASURED.tarballs}/-/${MEASURED.tarballs}-${version}.tgz`,
      form: "tarball",
      label:
        sizeBytes < 1024 * 1024 ? `tarball ${sizeBytes / 1024} KB` : `tarball ${sizeBytes / 1024 / 1024} MB`,
    },
  ]),
);

/** The Accept header that a client sends for a form. */
export function acceptOf(form) {
  if (form === "tarball") return "*/*";
  return form === "abbreviated" ? ABBREVIATED : FULL;
}

/**
 * Writes the bytes that node:http and nginx answer with into `folder`. They are what Entrepot answers where it
 * is measured, so that the ceiling is one for the same bytes; else, or where it fails, the stand-in upstream's.
 *
 * @param {{ folder: string, entrepotUrl: string | null, standInUrl: string }} input
 * @returns {Promise<string[]>} what Entrepot failed at, for people
 */
export async function captureCorpus({ folder, entrepotUrl, standInUrl }) {
  const wanted = [...Object.values(DOCUMENTS), ...Object.values(TARBALLS)];
  const corpus = [];
  const failures = [];
  for (const [index, { path, form, label }] of wanted.entries()) {
    const accept = acceptOf(form);
    const fromStandIn = () => settledBody(`${standInUrl}${path}`, accept, false);
    const fromEntrepot = () => settledBody(`${entrepotUrl}${path}`, accept, form !== "tarball");
    const body = await (entrepotUrl === null ? fromStandIn() : fromEntrepot()).catch(
      (/** @type {unknown} */ error) => {
        failures.push(`${label}: ${error instanceof Error ? error.message : String(error)}`);
        return fromStandIn();
      },
    );
    const file = String(index);
    writeFileSync(join(folder, file), body);
    const etag = `"${createHash("sha512").update(body).digest("base64url").slice(0, 32)}"`;
    corpus.push({ path, form, file, etag, headers: headersOf(form) });
  }
  writeFileSync(join(folder, "corpus.json"), JSON.stringify(corpus));
  return failures;
}

/**
 * A server may answer with quickly compressed bytes first and better ones later: wait until they stay the
 * same.
 */
async function settledBody(url, accept, waitForBetter) {
  const read = async () => {
    const answer = await send(url, { headers: { accept }, keepBody: true });
    if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}`);
    return answer.body;
  };
  let body = await read();
  if (!waitForBetter) return body;
  const end = Date.now() + SETTLE_MS_MAX;
  for (let since = Date.now(); Date.now() < end && Date.now() - since < SETTLED_MS;) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    const next = await read();
    if (!next.equals(body)) since = Date.now();
    body = next;
  }
  return body;
}

function headersOf(form) {
  if (form === "tarball") {
    return {
      "content-type": "application/octet-stream",
      "cache-control": "private, max-age=31536000, immutable",
    };
  }
  return {
    "content-type": form === "abbreviated" ? "application/vnd.npm.install-v1+json" : "application/json",
    "content-encoding": "gzip",
    "cache-control": "private, no-cache",
    "vary": "accept, accept-encoding",
  };
}
