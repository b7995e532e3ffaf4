import { gunzip } from "node:zlib";
import { EntrepotError } from "@entrepot/core";

/**
 * Decompresses up to `bytesMax` without holding up the calling thread.
 *
 * @throws EntrepotError `body-too-large` if it is larger; `request-invalid` if it is cut off or not gzip
 */
export async function gunzipInBackground(bytes: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  return await new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: bytesMax }, (error, result) => {
      if (error === null) resolve(result);
      else reject(refusal(error, bytesMax));
    });
  });
}

function refusal(cause: Error, limitBytes: number): EntrepotError {
  if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
    return new EntrepotError("body-too-large", {
      message: `The body is larger than ${limitBytes} bytes once it is decompressed.`,
      details: { limitBytes },
      cause,
    });
  }
  return new EntrepotError("request-invalid", {
    message: "The body is said to be gzip, and is not whole, valid gzip.",
    cause,
  });
}
