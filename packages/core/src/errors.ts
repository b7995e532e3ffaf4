/**
 * The closed table of error codes: HTTP status and default text of each. Generates `docs/errors.md`.
 * `message` is for a person at a terminal: it says what is wrong and what would work.
 */
export const ERROR_TABLE = {
  "request-invalid": { status: 400, message: "The request is not valid." },
  "name-invalid": { status: 400, message: "This is not a valid package name." },
  "version-invalid": { status: 400, message: "This is not a valid semver version." },
  "tag-invalid": { status: 400, message: "This is not a valid dist-tag." },
  "manifest-invalid": { status: 400, message: "The manifest is not valid." },
  "tarball-invalid": {
    status: 400,
    message: "The tarball is not a gzip-compressed tar with a package.json.",
  },
  "integrity-mismatch": { status: 400, message: "The bytes do not have the promised integrity." },
  "config-invalid": { status: 400, message: "The configuration is not valid." },
  "credential-missing": { status: 401, message: "This needs a credential; log in with npm login." },
  "credential-invalid": {
    status: 401,
    message: "The credential is wrong, expired or revoked; log in again.",
  },
  "permission-denied": { status: 403, message: "This credential may not do that." },
  "version-denied": { status: 403, message: "A policy rule refuses this version." },
  "version-withheld": { status: 404, message: "A policy rule refuses this version." },
  "version-exists": { status: 403, message: "This version exists already and versions are immutable." },
  "not-found": { status: 404, message: "Not found." },
  "package-not-found": { status: 404, message: "Package not found." },
  "version-not-found": { status: 404, message: "Version not found." },
  "registry-not-found": { status: 404, message: "Registry not found." },
  "method-not-allowed": { status: 405, message: "This URL does not take this method." },
  "request-timeout": { status: 408, message: "The request's body stopped coming; send it again." },
  "client-gone": { status: 400, message: "The client went away before its request was complete." },
  "revision-stale": {
    status: 409,
    message: "The document changed since it was read; read it again and repeat.",
  },
  "name-taken": { status: 409, message: "This name is taken." },
  "body-too-large": { status: 413, message: "The body is larger than this server takes." },
  "too-many-requests": { status: 429, message: "Too many requests; wait and try again." },
  "listen-failed": { status: 500, message: "The server cannot listen on its address." },
  "internal": { status: 500, message: "Something went wrong on the server." },
  "upstream-loop": { status: 508, message: "An upstream leads back to this server." },
  "upstream-invalid": { status: 502, message: "The upstream sent something that is not a valid answer." },
  "upstream-unavailable": { status: 503, message: "The upstream does not answer." },
  "overloaded": { status: 503, message: "The server has more work than it can take; try again in a moment." },
  "storage-unavailable": { status: 503, message: "The storage does not answer." },
  "upstream-timeout": { status: 504, message: "The upstream took too long to answer." },
} as const;

export type ErrorCode = keyof typeof ERROR_TABLE;

export interface ErrorOptions {
  /** Text for a person; the table's text when left out. */
  message?: string;
  /** Values that a program may want: names, limits, seconds. Never a secret. */
  details?: Readonly<Record<string, string | number | boolean | null>>;
  cause?: unknown;
}

/** The one error class: a code of the closed table, a text for a person, details for a program. */
export class EntrepotError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(
      options.message ?? ERROR_TABLE[code].message,
      options.cause === undefined ? {} : { cause: options.cause },
    );
    this.name = "EntrepotError";
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The HTTP status that goes with the code. */
  get status(): number {
    return ERROR_TABLE[this.code].status;
  }
}

/** Tells whether `error` is an {@link EntrepotError}, of `code` if one is given. */
export function isEntrepotError(error: unknown, code?: ErrorCode): error is EntrepotError {
  return error instanceof EntrepotError && (code === undefined || error.code === code);
}
