import type { IncomingMessage } from "node:http";
import { EntrepotError } from "@entrepot/core";

/** Longest key that is looked at where it stands in a body or URL. */
const KEY_CHARS_MAX = 512;

/**
 * What a request shows of who it is from, in the form of an `Authorization` header: that header itself, else a key in the
 * header `X-ApiKey`, else one as `key` in the query. Undefined for a request that shows nothing.
 */
export function shownCredential(
  request: Pick<IncomingMessage, "headers">,
  query: string,
): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return authorization;
  const key = request.headers["x-apikey"];
  if (key !== undefined) return asHeader(String(key));
  if (!query.includes("key=")) return undefined;
  const inQuery = new URLSearchParams(query).get("key");
  return inQuery === null ? undefined : asHeader(inQuery);
}

/**
 * Takes the key out of a body that was read, where programs send it as `API_Key` in JSON or as `key` in a form. Gives the
 * credential, undefined when there is none, and the body without it.
 */
export function credentialInBody(body: unknown): { credential: string | undefined; rest: unknown } {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { credential: undefined, rest: body };
  }
  const { API_Key: inJson, key: inForm, ...rest } = body as Record<string, unknown>;
  const key = inJson ?? inForm;
  return typeof key === "string"
    ? { credential: asHeader(key), rest }
    : { credential: undefined, rest: body };
}

// A key is one word; what is none must not be read as a credential of another form.
function asHeader(key: string): string {
  if (/^\S+$/.test(key) && key.length <= KEY_CHARS_MAX) return `Bearer ${key}`;
  throw new EntrepotError("credential-invalid", {
    message: "The key of this request is none; a key is one word.",
    details: { code: "auth-malformed" },
  });
}
