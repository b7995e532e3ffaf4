import { createPublicKey } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFakeSigner, createFakeSigstore, createTestClock } from "@entrepot/testkit";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toTrustMaterial } from "@sigstore/verify";
import { expect, it, onTestFinished } from "vitest";
import { BUNDLED_TRUST_ROOT } from "../../src/registry/bundled-trust-root.ts";
import { createTrustRoot, parseTrustRoot } from "../../src/registry/trust-root.ts";

it("of a release names authorities, logs and keys that can be used", () => {
  const { json, registryKeys } = parseTrustRoot(BUNDLED_TRUST_ROOT);
  const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(json)));
  const { certificateAuthorities, tlogs, ctlogs } = material;
  expect([certificateAuthorities, tlogs, ctlogs].map(({ length }) => length > 0)).toEqual([true, true, true]);
  expect(registryKeys.length).toBeGreaterThan(0);
  for (const { key } of registryKeys) {
    const used = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    expect(used.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  }
});

it("of a file is taken over when it changes, and the last good one counts while it is broken", async () => {
  const folder = await mkdtemp(join(tmpdir(), "entrepot-root-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "root.json");
  const errors: string[] = [];
  const clock = createTestClock();
  const root = createTrustRoot({ file, now: clock.now, log: { error: (text) => void errors.push(text) } });
  const bundled = parseTrustRoot(BUNDLED_TRUST_ROOT).digest;
  expect([(await root()).digest, errors.length]).toEqual([bundled, 1]);

  const { trustRoot } = await createFakeSigstore();
  const { key } = createFakeSigner();
  await writeFile(file, JSON.stringify({ ...JSON.parse(trustRoot), registryKeys: [key] }));
  expect((await root()).digest).toBe(bundled);
  clock.advance(60_000);
  const own = await root();
  expect(own.digest).not.toBe(bundled);
  expect(own.registryKeys).toEqual([key]);

  for (const broken of [
    "{",
    "[]",
    '{"tlogs":[]}',
    `{"tlogs":[],"certificateAuthorities":[],"ctlogs":[],"registryKeys":[1]}`,
  ]) {
    await writeFile(file, broken);
    clock.advance(60_000);
    expect(await root()).toBe(own);
  }
  expect(errors).toHaveLength(5);
});
