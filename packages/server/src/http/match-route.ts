import { EntrepotError, parsePackageName, type PackageName } from "@entrepot/core";

/**
 * A route's pattern below a registry, such as `/:package/-/:file` or `/-/package/:package/dist-tags/:rest`.
 * `:package` takes one segment or, for a scoped name, two; `:rest` takes all that is left, slashes included.
 */
export interface RoutePattern {
  readonly parts: readonly string[];
}

/** What a pattern took from a path. */
export interface RouteParams {
  /** Present when the pattern has `:package`. */
  package?: PackageName;
  /** Everything else by its name in the pattern. */
  values: ReadonlyMap<string, string>;
}

/** Compiles a pattern's text; done once per route at start. */
export function compilePattern(text: string): RoutePattern {
  return { parts: text.split("/").filter((part) => part !== "") };
}

/** Matches decoded segments against a pattern; null when they do not fit. Throws `name-invalid` for a bad name. */
export function matchPattern(pattern: RoutePattern, segments: readonly string[]): RouteParams | null {
  const values = new Map<string, string>();
  let rawName: string | undefined;
  let at = 0;
  for (const part of pattern.parts) {
    const segment = segments[at];
    if (segment === undefined) return null;
    if (part === ":package") {
      const length = segment.startsWith("@") ? 2 : 1;
      rawName = segments.slice(at, at + length).join("/");
      if (length > segments.length - at || isReserved(rawName)) return null;
      at += length;
    } else if (part === ":rest") {
      values.set("rest", segments.slice(at).join("/"));
      at = segments.length;
    } else if (!matchPart(part, segment, values)) {
      return null;
    } else {
      at += 1;
    }
  }
  if (at !== segments.length) return null;
  return rawName === undefined ? { values } : { package: parsePackageName(rawName), values };
}

// `:name` takes any segment but the reserved ones; `literal{name}` takes what follows the literal.
function matchPart(part: string, segment: string, values: Map<string, string>): boolean {
  const brace = part.indexOf("{");
  if (brace !== -1) {
    const literal = part.slice(0, brace);
    if (!segment.startsWith(literal) || segment.length === literal.length) return false;
    values.set(part.slice(brace + 1, -1), segment.slice(literal.length));
    return true;
  }
  if (!part.startsWith(":")) return part === segment;
  if (isReserved(segment)) return false;
  values.set(part.slice(1), segment);
  return true;
}

function isReserved(segment: string): boolean {
  return segment === "-" || segment === "-rev";
}

/** The value that a route's pattern promises; its absence is a mistake in the route table. */
export function valueOf(params: RouteParams, name: string): string {
  const value = params.values.get(name);
  if (value === undefined) {
    throw new EntrepotError("internal", { message: `The route has no value "${name}".` });
  }
  return value;
}

/** The package name that a route's pattern promises. */
export function packageOf(params: RouteParams): PackageName {
  if (params.package === undefined) {
    throw new EntrepotError("internal", { message: "The route has no package." });
  }
  return params.package;
}
