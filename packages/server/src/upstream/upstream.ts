/** Settings of an upstream; stored with it as JSON. */
export interface UpstreamSettings {
  /** How long a document is served without asking again. */
  freshSeconds: number;
  /** Further hosts, `name` or `name:port`, from which tarballs and redirects may come. */
  allowedHosts: readonly string[];
  /** How long to wait for an answer to begin, and for it to go on when it pauses. */
  timeoutMs: number;
  /** Whether its publish times are believed; else a version is no older than its first sight here. */
  trustPublishTimes: boolean;
  /** PEM file with further authorities to trust. */
  caFile: string | null;
}

/** The settings of an upstream that sets none. */
export const DEFAULT_UPSTREAM_SETTINGS: Readonly<UpstreamSettings> = {
  freshSeconds: 60,
  allowedHosts: [],
  timeoutMs: 15_000,
  trustPublishTimes: true,
  caFile: null,
};

/** A registry elsewhere from which packages come. */
export interface Upstream {
  readonly id: string;
  readonly name: string;
  /** Base URL with a trailing slash. */
  readonly url: string;
  /** Value of the `Authorization` header, sent to this upstream's origin only. */
  readonly credential: string | null;
  readonly settings: Readonly<UpstreamSettings>;
}

/** What an upstream last said of a name. The same object as long as it says the same. */
export interface DocumentEntry {
  readonly kind: "present";
  readonly upstreamId: string;
  readonly name: string;
  /** SHA-512 of the gzip-compressed document, hexadecimal: the key of everything made from it. */
  readonly digest: string;
  /** Milliseconds since 1970; until then no request is needed. Moves. */
  readonly freshUntil: number;
  /** Becomes true when the upstream said something else. */
  readonly superseded: boolean;
}

/** The upstream has no package of this name, or none that it would show. */
export interface AbsentEntry {
  readonly kind: "absent";
  /** Why it shows none: the text of an Entrepot whose policy refuses all of the package; null when there is none. */
  readonly refusal: string | null;
  readonly upstreamId: string;
  readonly name: string;
  readonly freshUntil: number;
  readonly superseded: boolean;
}

export type UpstreamEntry = DocumentEntry | AbsentEntry;

/** Ceilings of everything that is asked of upstreams; sizes in bytes. */
export interface UpstreamLimits {
  /** Of a document, compressed as well as decoded. */
  documentBytesMax: number;
  tarballBytesMax: number;
  upstreamConnectionsMax: number;
  /** Requests under way or waiting, per upstream. */
  upstreamQueueMax: number;
  /** Memory for documents and their indexes. */
  cacheBytesMax: number;
}
