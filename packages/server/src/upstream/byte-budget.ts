/** Memory that many share. */
export interface ByteBudget {
  /** Takes so much, or nothing when it is not there; false then. */
  take(sizeBytes: number): boolean;
  /** Gives back what was taken. */
  give(sizeBytes: number): void;
}

/** Makes a budget of `bytesMax`. */
export function createByteBudget(bytesMax: number): ByteBudget {
  let takenBytes = 0;
  return {
    take(sizeBytes) {
      if (takenBytes + sizeBytes > bytesMax) return false;
      takenBytes += sizeBytes;
      return true;
    },
    give(sizeBytes) {
      takenBytes -= sizeBytes;
    },
  };
}
