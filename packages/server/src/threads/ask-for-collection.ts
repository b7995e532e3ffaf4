import { releaseBytes } from "./release-bytes.ts";

/** A little more than what the engine lets come together outside its heap before it starts a collection. */
const PRESSURE_BYTES = 72 * 1024 ** 2;

/**
 * Asks the engine to look for garbage now, beside our work. Buffers lie outside its heap and weigh little in its eyes
 * until 64 MiB of them have come; this much is asked for and given back untouched.
 */
export function askForCollection(): void {
  releaseBytes(new Uint8Array(PRESSURE_BYTES));
}
