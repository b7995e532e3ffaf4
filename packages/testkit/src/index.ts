/** What Entrepot's tests share: a fake upstream on a real socket, packages made by code, a clock, engines. */
export { explained } from "./explained.ts";
export { createFakeFeed, makeAdvisory, type FakeFeed, type FakeRecord, type FeedFault } from "./fake-feed.ts";
export { makeZip, type ZipEntry } from "./make-zip.ts";
export { createTestClock, type TestClock } from "./clock.ts";
export {
  createFakeUpstream,
  type BulkAdvisory,
  type FakeUpstream,
  type FakeUpstreamOptions,
  type Fault,
  type PublishedVersion,
  type PublishInput,
  type RecordedRequest,
} from "./fake-upstream.ts";
export {
  createFakeSigner,
  createFakeSigstore,
  SLSA_PROVENANCE,
  type FakeAttestation,
  type FakeBuild,
  type FakeSigner,
  type FakeSigningKey,
  type FakeSigstore,
  type SignedVersion,
} from "./fake-sigstore.ts";
export { makeCertificate } from "./fake-upstream-certificate.ts";
export { createFakeProxy, type FakeProxy, type FakeProxyOptions } from "./fake-upstream-proxy.ts";
export { hashesOf, makePackageTarball, type PackageInput, type PackageTarball } from "./make-package.ts";
export { httpRequest, type TestRequest, type TestResponse } from "./http-request.ts";
export { makePublishDocument, type PublishDocument, type PublishDocumentInput } from "./publish-document.ts";
export {
  ADMIN_PASSWORD,
  loginAs,
  startTestApp,
  type Persona,
  type TestApp,
  type TestAppOptions,
} from "./test-app.ts";
export { hasPostgres, startPostgres, type TestPostgres } from "./postgres.ts";
export type { PostgresFlavour } from "./postgres-binaries.ts";
