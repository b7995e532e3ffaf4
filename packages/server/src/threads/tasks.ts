import type {
  DescribedDocument,
  FoundSecret,
  IntegrityChange,
  JudgedPackage,
  LocalPackument,
  ManifestDetails,
  ParsedLockfile,
  PolicyContext,
  Verdict,
  VersionFacts,
  VersionPage,
  VersionProof,
  ViewOptions,
} from "@entrepot/core";

/** A packument under policy, compressed. `sizeBytes` is its length before compression. */
export interface GzipView {
  gzip: Uint8Array;
  sizeBytes: number;
  hidden: Array<[version: string, verdict: Verdict]>;
  /** How many versions the view lists. */
  shown: number;
  /** When it may change although nothing but time did, in milliseconds; null: never. */
  recheckAt: number | null;
  /** Where `latest` points upstream and where it points here, if policy moved it; null as target: nowhere. */
  movedLatest: [from: string, to: string | null] | null;
}

/** An upstream's answer that is to be checked, indexed and, if `view` is given, rendered at once. */
export interface IngestDocumentInput {
  name: string;
  body: Uint8Array;
  isGzip: boolean;
  /** Largest document that is taken, uncompressed. */
  sizeBytesMax: number;
  view?: ViewOptions;
  /** Compression level of what is compressed here; {@link GZIP_LEVEL_FAST} when left out. */
  level?: number;
}

/** A document fit to be stored. */
export interface IngestedDocument {
  /** Spellings that lost to another of the same version, as `1.0.0+a over 1.0.0+b`; there seldom are any. */
  rivals: string[];
  /** Versions without a publish time that can be; there seldom are any. */
  undated: string[];
  /** In gzip: the very bytes that came, if they came so. */
  document: Uint8Array;
  /** sha512 of `document`, in hex. */
  documentDigest: string;
  /** Bytes for `readVersionFacts` and `indexSummary`. */
  index: Uint8Array;
  view?: GzipView;
}

/** A stored document whose index is wanted again. */
export interface IndexDocumentInput {
  name: string;
  /** In gzip. */
  document: Uint8Array;
  sizeBytesMax: number;
}

export interface RenderUpstreamViewInput {
  /** In gzip. */
  document: Uint8Array;
  sizeBytesMax: number;
  view: ViewOptions;
  level?: number;
}

export interface ReadRefusalInput {
  /** In gzip. */
  document: Uint8Array;
  sizeBytesMax: number;
  version: string;
}

export interface RenderLocalViewInput {
  packument: LocalPackument;
  view: ViewOptions;
  level?: number;
}

/** Bounds of what a tarball may be. */
export interface TarballLimits {
  entriesMax: number;
  /** Of the whole archive, headers included. */
  unpackedBytesMax: number;
  /** Unpacked to packed; not applied to archives below a few megabytes. */
  compressionRatioMax: number;
  packageJsonBytesMax: number;
}

/** A tarball, as its bytes or as the file they are in. */
export type InspectTarballInput = ({ bytes: Uint8Array } | { path: string }) & {
  /** If known; large ones then do not take the thread that is kept for quick work. */
  sizeBytes?: number;
  limits: TarballLimits;
  /** True to look for secrets in its files. */
  findSecrets?: boolean;
  /** True for the README in its top folder. */
  withReadme?: boolean;
};

/** What a tarball says of itself. */
export interface InspectedTarball {
  packageJson: Record<string, unknown>;
  hasShrinkwrap: boolean;
  hasBindingGyp: boolean;
  /** SPDX ids recognised in its licence files. */
  licenceFiles: readonly string[];
  fileCount: number;
  /** Sum of the sizes of its files. */
  unpackedSizeBytes: number;
  /** The first few; empty unless they were asked for. */
  secrets: readonly FoundSecret[];
  /** Null unless it was asked for. */
  readme: { fileName: string; text: string } | null;
}

export interface SelectManifestInput {
  /** A view, in gzip. */
  gzip: Uint8Array;
  sizeBytesMax: number;
  /** Version, tag or range; null for the tags alone. */
  selector: string | null;
}

/** What a view says of one version. */
export interface SelectedManifest {
  /** JSON; null when nothing fits the selector. */
  manifest: Uint8Array<ArrayBuffer> | null;
  tags: Record<string, string>;
  /** The version that the selector means when policy hides it. */
  hidden: string | null;
}

/** A package whose versions are to be judged: what is known of them, as index bytes or as facts. */
export type JudgePackageInput = ({ index: Uint8Array } | { facts: readonly VersionFacts[] }) & {
  policy: PolicyContext;
};

/** Two indexes of one package, in the order of time. */
export interface CompareIndexesInput {
  former: Uint8Array;
  index: Uint8Array;
}

/** Versions by the name of their package. */
export type AskedVersions = ReadonlyMap<string, readonly string[]>;

/** The body of an audit: names with versions, or a dependency tree. */
export interface ReadAuditInput {
  body: Uint8Array;
  form: "bulk" | "tree";
}

/** The tree of an audit again, with what was found for its packages. */
export interface ReportAuditInput {
  body: Uint8Array;
  /** JSON of {@link PackageIssue}s by the name of the package. */
  issues: Uint8Array;
  /** What the issues were found in, for people. */
  source: string;
}

/** A lockfile or a package.json, in UTF-8. */
export interface ReadLockfileInput {
  /** Null if it is not known. */
  fileName: string | null;
  content: Uint8Array;
}

/** A stored document of which people want to see a page of versions, and some more by name. */
export interface DescribeDocumentInput extends IndexDocumentInput {
  page: VersionPage;
  also: readonly string[];
}

/** A README as it was published, or the stored document that has it. */
export type RenderReadmeInput = IndexDocumentInput | { readme: string; readmeFilename: string };

/** A README for a page. */
export interface RenderedReadme {
  /** Safe to put into a page; null if there is no README. */
  html: string | null;
  fileName: string | null;
  /** True if there is more of it than a page shows. */
  isCut: boolean;
}

/** A key by which a registry signs what it publishes. */
export interface SigningKey {
  keyid: string;
  keytype: string;
  scheme: string;
  /** SPKI in DER, base64. */
  key: string;
  /** ISO 8601: what was published before is still good; null: it has no end. */
  expires: string | null;
}

/** A version of an upstream's document, and all that its proof of origin is verified by. */
export interface VerifyProofInput {
  /** In gzip. */
  document: Uint8Array;
  sizeBytesMax: number;
  name: string;
  version: string;
  /** As the upstream spells it, and therefore as it is signed. */
  upstreamVersion: string;
  integrity: string | null;
  /** ISO 8601; null if the upstream does not say. */
  publishedAt: string | null;
  /** True if the document says that a pipeline with an identity of its own published it. */
  isTrustedPublisher: boolean;
  /** The registry's answer about its attestations; null if there are none. */
  attestations: Uint8Array | null;
  keys: readonly SigningKey[];
  /** JSON of a Sigstore trusted root. */
  trustRoot: string;
}

/** What a verification came to. */
export interface VerifiedProof {
  proof: VersionProof;
  /** What could not be verified for want of a key; null: everything was. */
  open: string | null;
}

/** A file of a package. */
export interface PackageFile {
  /** In the package: without the first segment that it has in the tarball. */
  path: string;
  sizeBytes: number;
}

/** A tarball whose files are to be looked at. */
export interface ReadFilesInput {
  bytes: Uint8Array;
  limits: TarballLimits;
  /** Path of a file whose text is wanted; null for the list alone. */
  wanted: string | null;
}

/** Files of a tarball, and the text of one. */
export interface ReadFiles {
  /** Sorted by path; of very many only some. */
  files: PackageFile[];
  fileCount: number;
  unpackedSizeBytes: number;
  /** The file that was asked for; null if there is none such. */
  file: (PackageFile & { text: string | null; isCut: boolean }) | null;
}

/** Two tarballs of one package. */
export interface DiffTarballsInput {
  before: Uint8Array;
  after: Uint8Array;
  limits: TarballLimits;
}

/** How a file differs. */
export interface FileChange {
  path: string;
  status: "added" | "removed" | "changed";
  sizeBytesBefore: number | null;
  sizeBytesAfter: number | null;
  /** Unified diff; null for what is no text, or is too much to compare. */
  patch: string | null;
}

/** How two tarballs differ. */
export interface TarballDiff {
  /** Sorted by path; of very many only some. */
  files: FileChange[];
  changedCount: number;
  unchangedCount: number;
  /** Members of package.json that differ, such as `scripts.postinstall`. Values as JSON. */
  manifest: { member: string; before: string | null; after: string | null }[];
}

/** Everything that a thread can do. */
export interface Tasks {
  /** @throws EntrepotError `upstream-invalid` */
  ingestDocument: { input: IngestDocumentInput; output: IngestedDocument };
  /** @throws EntrepotError `upstream-invalid` */
  indexDocument: { input: IndexDocumentInput; output: { index: Uint8Array } };
  /** @throws EntrepotError `upstream-invalid` */
  renderUpstreamView: { input: RenderUpstreamViewInput; output: GzipView };
  renderLocalView: { input: RenderLocalViewInput; output: GzipView };
  judgePackage: { input: JudgePackageInput; output: JudgedPackage };
  /** Facts of all versions, in the order of the index. */
  readFacts: { input: { index: Uint8Array }; output: VersionFacts[] };
  /**
   * What a document of an upstream that is an Entrepot too says of a version that it leaves out; null if nothing.
   *
   * @throws EntrepotError `upstream-invalid`
   */
  readRefusal: { input: ReadRefusalInput; output: string | null };
  compareIndexes: { input: CompareIndexesInput; output: IntegrityChange[] };
  /** @throws EntrepotError `tarball-invalid` */
  inspectTarball: { input: InspectTarballInput; output: InspectedTarball };
  /** @throws EntrepotError `tarball-invalid` */
  readFiles: { input: ReadFilesInput; output: ReadFiles };
  /** @throws EntrepotError `tarball-invalid` */
  diffTarballs: { input: DiffTarballsInput; output: TarballDiff };
  selectManifest: { input: SelectManifestInput; output: SelectedManifest };
  /** @throws EntrepotError `upstream-invalid` */
  describeUpstream: { input: DescribeDocumentInput; output: DescribedDocument };
  /** Of manifests as JSON, in their order. */
  describeManifests: { input: { manifests: readonly string[] }; output: ManifestDetails[] };
  /** @throws EntrepotError `upstream-invalid` */
  renderReadme: { input: RenderReadmeInput; output: RenderedReadme };
  /** @throws EntrepotError `request-invalid` */
  readAudit: { input: ReadAuditInput; output: AskedVersions };
  /** @throws EntrepotError `request-invalid` */
  reportAudit: { input: ReportAuditInput; output: { json: Uint8Array } };
  /** @throws EntrepotError `upstream-invalid` */
  verifyProof: { input: VerifyProofInput; output: VerifiedProof };
  /** @throws EntrepotError `request-invalid` */
  readLockfile: { input: ReadLockfileInput; output: ParsedLockfile };
}

export type TaskName = keyof Tasks;

/** Output of a task with the memory that may move to the caller's thread instead of being copied. */
export interface TaskResult<K extends TaskName> {
  output: Tasks[K]["output"];
  transfer: ArrayBuffer[];
}

export type TaskHandlers = {
  [K in TaskName]: (input: Tasks[K]["input"]) => TaskResult<K> | Promise<TaskResult<K>>;
};

/** Cheapest compression; a document's bytes are ready in a third of the time that the usual level takes. */
export const GZIP_LEVEL_FAST = 1;

/** Bounds that every package known to us keeps with room to spare. */
export const TARBALL_LIMITS: TarballLimits = {
  entriesMax: 200_000,
  unpackedBytesMax: 2 * 1024 ** 3,
  compressionRatioMax: 300,
  packageJsonBytesMax: 2 * 1024 ** 2,
};
