import type { ViewOptions, Verdict } from "@entrepot/core";

/** A view as it is sent, compressed. */
export interface GzipView {
  gzip: Uint8Array;
  sizeBytes: number;
  hidden: Array<[string, Verdict]>;
  shown: number;
}
export interface DocumentThreads {
  run(
    task: "ingestDocument",
    input: { name: string; body: Uint8Array; isGzip: boolean; sizeBytesMax: number; view?: ViewOptions },
    transfer?: readonly ArrayBuffer[],
  ): Promise<{ document: Uint8Array; documentDigest: string; index: Uint8Array; view?: GzipView }>;
}
