import { releaseBytes } from "./release-bytes.ts";

/** A little more than what the engine lets come together outside its heap before it starts a collection. */
const PRESSURE_BYTES = 72 * 1024 ** 2;

/**
 * Asks the engine to look for garbage now, beside our work. Buffers lie outside its heap and weigh little in its eyes
 * until 64 MiB of them have come; this much is asked for and given back untouched.
 */
export function askForCollection(): void {
  const pressure = pressureBytes();
  if (pressure !== null) releaseBytes(pressure);
}

/**
 * Null: not now. Where memory is strictly accounted for there may not be so much to be had, and the engine has
 * looked for garbage before it refused; whoever drops a view must not fail for it.
 */
function pressureBytes(): Uint8Array | null {
  try {
    return new Uint8Array(PRESSURE_BYTES);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
