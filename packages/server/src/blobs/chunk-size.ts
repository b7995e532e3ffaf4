/** How much a stream of a blob reads at once: larger chunks cost fewer round trips to the thread pool. */
export const READ_CHUNK_BYTES: number = 256 * 1024;
