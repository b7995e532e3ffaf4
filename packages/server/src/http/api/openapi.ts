import { z } from "zod";
import { ERROR_TABLE } from "@entrepot/core";
import { NO_BODY, type ApiRoute } from "./api-route.ts";

const PREFIX = "/api/v1";
const BYTES = "application/octet-stream";

type Json = Record<string, unknown>;

/** Describes the JSON API in the format of OpenAPI 3.1. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = `${PREFIX}${route.path.replace(/:(\w+)/g, "{$1}")}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Entrepot", version },
    servers: [{ url: "/" }],
    security: [{ token: [] }, { password: [] }, { session: [] }, {}],
    paths,
    components: {
      schemas: { Error: ERROR_SCHEMA },
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        password: { type: "http", scheme: "basic" },
        session: { type: "apiKey", in: "cookie", name: "session" },
      },
    },
  };
}

const ERROR_SCHEMA = {
  type: "object",
  required: ["error", "code"],
  properties: {
    error: { type: "string", description: "What went wrong and what would work, for a person." },
    code: { type: "string", enum: Object.keys(ERROR_TABLE) },
  },
};

function operationOf(route: ApiRoute): Json {
  const { id, path, permission, status = 200 } = route;
  const params = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const content = bodyContent(route);
  return {
    operationId: id,
    summary: titleOf(route),
    description: permissionText(permission),
    parameters: params.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...(content === null ? {} : { requestBody: { required: true, content } }),
    responses: {
      [String(status)]: { description: "Done.", content: { "application/json": { schema: {} } } },
      default: {
        description: "An error; see its code.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
      },
    },
  };
}

/** What a route does, in words, from its id. */
export function titleOf({ id }: Pick<ApiRoute, "id">): string {
  const words = id.replaceAll("-", " ");
  return `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}`;
}

/** Who may use a route, in words. */
export function permissionText(permission: ApiRoute["permission"]): string {
  if (permission === "none") return "Anybody may ask.";
  if (permission === "user" || permission === "self") return "Any user may ask.";
  return `Needs the permission ${permission}.`;
}

/** The schema of a route's body by its type; null where none is read. */
export function bodyContent({ bodySchema }: Pick<ApiRoute, "bodySchema">): Json | null {
  if (bodySchema === NO_BODY) return null;
  try {
    return { "application/json": { schema: z.toJSONSchema(bodySchema, { io: "input" }) } };
  } catch {
    // Bytes have no schema.
    return { [BYTES]: { schema: { type: "string", format: "binary" } } };
  }
}
