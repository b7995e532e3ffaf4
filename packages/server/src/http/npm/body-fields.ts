import { EntrepotError } from "@entrepot/core";
import type { NpmContext } from "../context.ts";

const BODY_BYTES_MAX = 64 * 1024;
const TEXT_CHARS_MAX = 1000;

/** The members of a small JSON object that a client sent. */
export interface BodyFields {
  has(name: string): boolean;
  /** A text. Throws `request-invalid` when it is none or is left out. */
  text(name: string): string;
  /** A text; null when it is left out. Throws `request-invalid`. */
  optionalText(name: string): string | null;
}

/** Reads the body of a request, a DELETE too, as a JSON object. Throws `request-invalid` and `body-too-large`. */
export async function readFields(context: Pick<NpmContext, "body">): Promise<BodyFields> {
  const value = await context.body.json(BODY_BYTES_MAX);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new EntrepotError("request-invalid", { message: "The body must be a JSON object." });
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  const optionalText = (name: string): string | null => {
    const field = fields.get(name) ?? null;
    if (field === null) return null;
    if (typeof field === "string" && field.length <= TEXT_CHARS_MAX && !field.includes("\0")) return field;
    throw new EntrepotError("request-invalid", {
      message: `"${name}" in the body must be a text of at most ${TEXT_CHARS_MAX} characters.`,
    });
  };
  return {
    has: (name) => fields.has(name),
    optionalText,
    text(name) {
      const text = optionalText(name);
      if (text !== null) return text;
      throw new EntrepotError("request-invalid", {
        message: `The body must be a JSON object with "${name}".`,
      });
    },
  };
}
