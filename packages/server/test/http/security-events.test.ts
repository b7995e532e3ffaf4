import { createFakeUpstream, startTestApp } from "@entrepot/testkit";
import { expect, it, onTestFinished } from "vitest";
import { createSilentLog, type Fields } from "../../src/telemetry/index.ts";

it("logs an error, once, and counts it when a tarball is not what its document promises", async () => {
  const upstream = await createFakeUpstream();
  const errors: Array<[string, Fields | undefined]> = [];
  const others: string[] = [];
  const log = {
    ...createSilentLog(),
    warn: (message: string) => void others.push(message),
    error: (message: string, fields?: Fields) => void errors.push([message, fields]),
  };
  const app = await startTestApp({ upstream: upstream.url, log });
  onTestFinished(async () => {
    await app.close();
    await upstream.close();
  });
  const published = upstream.publish({ name: "left-pad", version: "1.0.0" });
  upstream.fault(published.tarballPath, { kind: "flip" });
  const tarball = await app.admin.request("/npm/default/left-pad/-/left-pad-1.0.0.tgz");
  expect(tarball.status).toBe(502);
  expect(others).toEqual([]);
  expect(errors).toEqual([
    [
      "an upstream sent a tarball that its document does not promise",
      expect.objectContaining({
        upstream: "public",
        packageName: "left-pad",
        version: "1.0.0",
        promised: published.integrity,
        actual: expect.stringMatching(/^sha512-.{88}$/),
      }),
    ],
  ]);
  expect(errors[0]?.[1]?.actual).not.toBe(published.integrity);
  const { text } = await app.request("/metrics");
  expect(text).toContain('entrepot_security_events_total{kind="integrity-mismatch"} 1');
});
