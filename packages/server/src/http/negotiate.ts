import type { PackumentForm } from "@entrepot/core";

const ABBREVIATED_TYPE = "application/vnd.npm.install-v1+json";

interface Wish {
  value: string;
  quality: number;
}

/**
 * The form of packument that an `Accept` header asks for. A type that is named beats a wildcard of any quality,
 * since clients end their lists in a bare star; no header and a star alone mean the full form.
 */
export function preferredForm(accept: string | undefined): PackumentForm {
  if (accept === undefined) return "full";
  const wishes = parseWishes(accept);
  const abbreviated = qualityOf(wishes, ABBREVIATED_TYPE);
  const full = qualityOf(wishes, "application/json");
  return abbreviated > 0 && abbreviated >= full ? "abbreviated" : "full";
}

/** Tells whether an `Accept-Encoding` header allows gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  return acceptsEncoding(acceptEncoding, "gzip");
}

/** Tells whether an `Accept-Encoding` header allows an encoding. */
export function acceptsEncoding(acceptEncoding: string | undefined, encoding: "gzip" | "br"): boolean {
  if (acceptEncoding === undefined) return false;
  const wishes = parseWishes(acceptEncoding);
  const named = wishes.find(({ value }) => value === encoding || value === `x-${encoding}`);
  return ((named ?? wishes.find((wish) => wish.value === "*"))?.quality ?? 0) > 0;
}

/** Tells whether an `Accept` header names HTML: a browser that goes to a page does, programs do not. */
export function asksForPage(accept: string | undefined): boolean {
  return accept !== undefined && qualityOf(parseWishes(accept), "text/html") > 0;
}

function qualityOf(wishes: readonly Wish[], value: string): number {
  return wishes.find((wish) => wish.value === value)?.quality ?? 0;
}

function parseWishes(header: string): Wish[] {
  return header.split(",").map((part) => {
    const [value = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice("q=".length);
    const parsed = quality === undefined ? 1 : Number(quality);
    return { value, quality: Number.isFinite(parsed) ? parsed : 0 };
  });
}
