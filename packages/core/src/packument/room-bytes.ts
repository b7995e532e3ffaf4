/** Room up to this size comes out of the allocator's heap and goes back to it. */
const HEAP_ROOM_BYTES_MAX = 512 * 1024;
/** From this size on the C library maps memory for each request, and unmaps it when it is given back. */
const MAPPED_ROOM_BYTES_MIN = 33 * 1024 ** 2;

/**
 * How much memory to ask for where up to `sizeBytes` are worked on for a moment. A room between the two bounds would
 * teach the C library to keep as much for itself in every thread. What is never touched of a larger one takes no
 * memory, but the engine counts it all, which is why it must be given back at once.
 */
export function roomBytes(sizeBytes: number): number {
  return sizeBytes <= HEAP_ROOM_BYTES_MAX ? sizeBytes : Math.max(sizeBytes, MAPPED_ROOM_BYTES_MIN);
}
