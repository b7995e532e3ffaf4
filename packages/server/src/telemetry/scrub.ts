const HIDDEN = "[secret]";

/** Names of members and parameters whose value is never written. */
const SECRET_NAMES =
  "authorization|proxy-authorization|cookie|set-cookie|npm-otp|otp|token|secret|credential|" +
  "api_key|x-apikey|password|passwordHash|password_hash|secretHash|secret_hash|access_token|refresh_token|client_secret|" +
  "_auth|_authToken|_password|npmAuthToken|npmAuthIdent|adminPassword|databaseUrl";

const RULES: readonly (readonly [RegExp, string])[] = [
  [/(\/-\/user\/token\/|\/-\/npm\/v1\/tokens\/token\/)[^\s"'?#\\]+/g, `$1${HIDDEN}`],
  [/(\/-\/(?:v1\/)?login\/)[^\s"'?#\\]+/g, `$1${HIDDEN}`],
  [/([?&](?:key|code|api_key|apikey)=)[^&#\s"'\\]+/gi, `$1${HIDDEN}`],
  [/\bent_[A-Za-z0-9]{8,}/g, `ent_${HIDDEN}`],
  [/\bnpm_[A-Za-z0-9]{16,}/g, `npm_${HIDDEN}`],
  [/\b(bearer|basic)(\s+|%20|\+)[A-Za-z0-9._~+/%-]{4,}=*/gi, `$1 ${HIDDEN}`],
  [/(:\/\/)[^\s/"'@\\]+@/g, `$1${HIDDEN}@`],
  [new RegExp(`(?<!\\\\)("(?:${SECRET_NAMES})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, "gi"), `$1"${HIDDEN}"`],
  // The same inside a text that is itself JSON in JSON.
  [new RegExp(`(\\\\+"(?:${SECRET_NAMES})\\\\+"\\s*:\\s*\\\\+")(?:[^"\\\\]|\\\\[^"])+`, "gi"), `$1${HIDDEN}`],
  [new RegExp(`((?:^|[?&;\\s"':/])(?:${SECRET_NAMES})\\s*=\\s*)[^\\s"'&;\\\\]+`, "gi"), `$1${HIDDEN}`],
];

/**
 * Replaces what looks like a secret in a text: tokens by their shape, credentials in headers, URLs and npm's
 * settings,
 * and the values of members that are named like one. The text may be a line of JSON and stays one.
 */
export function scrub(text: string): string {
  let scrubbed = text;
  for (const [pattern, replacement] of RULES) scrubbed = scrubbed.replace(pattern, replacement);
  return scrubbed;
}

/** What a path must contain to hold a secret that the rules would find. */
const PATH_SIGNS = /token|login|=|ent_|npm_|:\/\//i;

/** Does so for the path of a request, at next to no cost for one that cannot hold a secret. */
export function scrubPath(path: string): string {
  return PATH_SIGNS.test(path) ? scrub(path) : path;
}
