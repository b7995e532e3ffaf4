/**
 * Registries and what they hold: reading packuments and tarballs of both origins, publishing, and every other
 * write to a package. It knows nothing of HTTP; it does not decide what may be seen (the firewall does) nor who
 * may ask (the caller does).
 */
export type { Tarball } from "./admitted-tarballs.ts";
export { type AuditMode } from "./audit-setting.ts";
export { adviseOn, type Advice, type KnownAdvisories } from "./audit-advice.ts";
export { browsePackages, type BrowsedPackage, type BrowseQuestion } from "./browse/browse.ts";
export { countOnCards } from "./browse/card-rows.ts";
export { createCatalogue, type Catalogue } from "./browse/catalogue.ts";
export { readDownloads } from "./browse/downloads.ts";
export { isByName, type CardOrder, type CardPlace } from "./browse/find-cards.ts";
export { createDescriptions, type Descriptions } from "./browse/descriptions.ts";
export { measureStorage, readStorage } from "./browse/storage.ts";
export { createPackageFiles, type PackageFiles, type ReviewedVersion } from "./browse/package-files.ts";
export {
  showPackage,
  type PackageOrigin,
  type PackagePage,
  type PageQuestion,
  type VersionEntry,
} from "./browse/package-page.ts";
export { createReadmes, type Readmes } from "./browse/readme.ts";
export { lostAuditTarget } from "./audit-target.ts";
export { findAttestations, parseAttestedVersion } from "./attestations.ts";
export { createBlobCache, type BlobCache } from "./blob-cache.ts";
export { addClaim, removeClaim, setClaims } from "./claim-writes.ts";
export { createCachedVersions, type CachedVersions } from "./cached-versions.ts";
export {
  addMaintainer,
  changeMaintainers,
  deprecateVersions,
  removeMaintainer,
  setDeprecation,
} from "./change-package.ts";
export { deleteTag, putTags } from "./dist-tags.ts";
export { assertNotFrozen, assertNotPushed } from "./frozen.ts";
export { collectGarbage } from "./garbage.ts";
export { checkPackage, type CheckDeps, type PackageCheck } from "./check-package.ts";
export { checkAll, checkChanged, type ChecksDeps } from "./check-packages.ts";
export { compareUpstreams, type CompareDeps, type FoundDisagreement } from "./compare-upstreams.ts";
export { isListedForAll, listPackages, type JudgedListing } from "./listing.ts";
export { inTurns } from "./in-turns.ts";
export { createNameOrigins, type NameOrigins } from "./name-origin.ts";
export { createPackuments, type Packuments } from "./packuments.ts";
export { countPackages, listOwnNames, requirePackage } from "./package-rows.ts";
export { parsePublishRequest } from "./publish/publish-request.ts";
export { receiveTarball } from "./publish/receive-tarball.ts";
export { publish } from "./publish/publish.ts";
export { type Publisher } from "./publish/publisher.ts";
export { readPackageBody, type PackageBody } from "./publish/read-publish-body.ts";
export { createRegistries, requireRegistry, type Registries } from "./registries.ts";
export { type RegistryActor, type RegistryWriteDeps } from "./registry-write.ts";
export {
  changeRegistry,
  createRegistry,
  deleteRegistry,
  releaseRegistries,
  setRegistryGroups,
  setRegistryUpstreams,
} from "./registry-writes.ts";
export { type Registry, type RegistryAudit, type RegistrySnapshot } from "./registry.ts";
export { setUpstreamFilter } from "./upstream-filter.ts";
export { refuseShadowing } from "./shadowing.ts";
export { versionOfFileName } from "./tarball-file-name.ts";
export { createTarballs, type TarballRequest, type Tarballs } from "./tarballs.ts";
export { unpublishedError } from "./tombstone.ts";
export { currentRevision } from "./revision.ts";
export { unpublishMissing, unpublishPackage, unpublishVersion } from "./unpublish.ts";
export {
  changeUpstream,
  createUpstream,
  deleteUpstream,
  releaseUpstreams,
  type UpstreamValues,
  type UpstreamWriteDeps,
} from "./upstream-writes.ts";
export type { Selection } from "./selections.ts";
export { refreshDocuments, type RefreshDeps } from "./refresh-documents.ts";
export { reviewContent } from "./review-content.ts";
export { createOriginProofs, type OriginProofs, type RefutedProof } from "./origin-proofs.ts";
export { createSigningKeys, type SigningKeys } from "./signing-keys.ts";
export { createTrustRoot, type TrustRoot } from "./trust-root.ts";
export { createUpstreamAttestations, type UpstreamAttestations } from "./upstream-attestations.ts";
export { verifyCached, type VerifyCachedDeps } from "./verify-cached.ts";
export { judgeCompliance, type SourcedReason } from "./compliance.ts";
export { explainPackage, type ExplainDeps, type PackageExplanation } from "./explain.ts";
export {
  readPreflightFile,
  runPreflight,
  type PreflightDeps,
  type PreflightQuestion,
  type PreflightReport,
  type PreflightWork,
} from "./preflight.ts";
export { createSlots, type Slots } from "./slots.ts";
export { createVerdicts, type PackageVerdicts, type Verdicts, type VersionVerdict } from "./verdicts.ts";
export type { View } from "./view.ts";
