/** `npm audit signatures` through this server: keys, signatures and provenance of an upstream's packages. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  createFakeProxy,
  createFakeSigner,
  createFakeSigstore,
  makeCertificate,
  makePackageTarball,
  type FakeSigstore,
} from "@entrepot/testkit";
import { expect, onTestFinished, test } from "vitest";
import { npm11 } from "./clients.ts";
import { setScene } from "./scene.ts";
import type { Workplace } from "./workplace.ts";

const scene = setScene();
const TUF_HOST = "tuf-repo-cdn.sigstore.dev";

/** JSON as it is signed: members in the order of their names, and no space. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}

/** What npm asks before it asks a registry: a signed repository with the authorities that it is to believe. */
function authoritiesOf({ trustRoot }: FakeSigstore): Map<string, string> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const hex = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: hex } };
  const keyid = createHash("sha256").update(canonical(key)).digest("hex");
  const signed = (body: Record<string, unknown>): string => {
    const whole = { spec_version: "1.0.31", version: 1, expires: "2999-01-01T00:00:00Z", ...body };
    const sig = sign(null, Buffer.from(canonical(whole)), privateKey).toString("hex");
    return JSON.stringify({ signed: whole, signatures: [{ keyid, sig }] });
  };
  const role = { keyids: [keyid], threshold: 1 };
  const roles = { root: role, timestamp: role, snapshot: role, targets: role };
  const sha256 = createHash("sha256").update(trustRoot).digest("hex");
  const targets = { "trusted_root.json": { length: Buffer.byteLength(trustRoot), hashes: { sha256 } } };
  return new Map([
    ["root.json", signed({ _type: "root", consistent_snapshot: false, keys: { [keyid]: key }, roles })],
    ["timestamp.json", signed({ _type: "timestamp", meta: { "snapshot.json": { version: 1 } } })],
    ["snapshot.json", signed({ _type: "snapshot", meta: { "targets.json": { version: 1 } } })],
    ["targets.json", signed({ _type: "targets", targets })],
    ["targets/trusted_root.json", trustRoot],
  ]);
}

/** npm with these authorities in the place of the public ones. */
async function npmBelieving(sigstore: FakeSigstore): Promise<Workplace> {
  const files = authoritiesOf(sigstore);
  const { key, cert } = await makeCertificate([TUF_HOST]);
  const server = createServer({ key, cert }, (request, response) => {
    const body = files.get((request.url ?? "").slice(1));
    response.writeHead(body === undefined || request.url === "/root.json" ? 404 : 200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const proxy = await createFakeProxy({ hosts: { [TUF_HOST]: (server.address() as AddressInfo).port } });
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  const place = scene.start(npm11, {
    env: { https_proxy: proxy.url, no_proxy: "127.0.0.1", NODE_EXTRA_CA_CERTS: "../authority.pem" },
  });
  writeFileSync(join(place.home, "authority.pem"), cert);
  const cache = (await place.run("config", "get", "cache")).trim().split("\n").at(-1) ?? "";
  const folder = join(cache, "_tuf", encodeURIComponent(TUF_HOST), "targets");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "../root.json"), files.get("root.json") ?? "");
  return place;
}

test("npm audit signatures verifies signatures and provenance, and tells what was forged", async () => {
  const sigstore = await createFakeSigstore();
  const forger = await createFakeSigstore();
  const signer = createFakeSigner();
  scene.upstream.answer("-/npm/v1/keys", { keys: [signer.key] });
  for (const [name, by] of [
    ["@pub/proven", sigstore],
    ["forged", forger],
  ] as const) {
    const version = { name, version: "1.0.0" };
    const of = { ...version, integrity: makePackageTarball(version).integrity };
    const attestation = await by.provenance(of);
    const path = `-/npm/v1/attestations/${name}@1.0.0`;
    scene.upstream.answer(path, { attestations: [attestation] });
    const { predicateType } = attestation;
    const attestations = { url: `${scene.upstream.url}${path}`, provenance: { predicateType } };
    scene.upstream.publish({ ...version, dist: { signatures: [signer.sign(of)], attestations } });
  }
  const place = await npmBelieving(sigstore);
  await place.run("install", "@pub/proven@1.0.0");
  const text = await place.run("audit", "signatures");
  expect(text).toMatch(/1 package has a verified registry signature/);
  expect(text).toMatch(/1 package has a verified attestation/);
  await place.run("install", "forged@1.0.0");
  expect(await place.fail("audit", "signatures")).toMatch(
    /1 package has an invalid attestation:[^]*forged@1\.0\.0/,
  );
  expect(readFileSync(join(place.folder, "package.json"), "utf8")).toContain("forged");
});
