import { z } from "zod";
import { EntrepotError, type PageAnswer, type UpstreamAnswer } from "@entrepot/core";
import { changeUpstream, createUpstream, deleteUpstream, type UpstreamValues } from "../../registry/index.ts";
import type { Upstream } from "../../upstream/index.ts";
import { actorOf, apiRoute, NO_BODY, type ApiContext, type ApiRoute } from "./api-route.ts";
import { wholeList } from "./page.ts";

const settings = {
  token: z.string().max(4096).nullable().optional(),
  username: z.string().max(255).optional(),
  password: z.string().max(1024).optional(),
  allowedHosts: z.array(z.string().max(255)).max(50).optional(),
  freshSeconds: z.number().int().min(0).max(31_536_000).optional(),
  timeoutMs: z.number().int().min(100).max(600_000).optional(),
  trustPublishTimes: z.boolean().optional(),
};
const createBody = z.strictObject({ name: z.string().max(100), url: z.string().max(2048), ...settings });
const changeBody = z.strictObject({ url: z.string().max(2048).optional(), ...settings });

type UpstreamBody = z.infer<typeof changeBody>;

/** An upstream as the API shows it: whether there is a credential, never the credential. */
async function shown(context: ApiContext<unknown>, upstream: Upstream): Promise<UpstreamAnswer> {
  const { allowedHosts, freshSeconds, timeoutMs, trustPublishTimes } = upstream.settings;
  const { upstreamProblems } = await context.deps.registries.snapshot();
  const problem = upstreamProblems.get(upstream.id) ?? null;
  return {
    name: upstream.name,
    url: upstream.url,
    hasCredential: problem !== null || upstream.credential !== null,
    problem,
    allowedHosts,
    freshSeconds,
    timeoutMs,
    trustPublishTimes,
    health: context.deps.upstreams.health(upstream.id),
  };
}

async function list(context: ApiContext<unknown>): Promise<PageAnswer<UpstreamAnswer>> {
  const { upstreams } = await context.deps.registries.snapshot();
  return wholeList(await Promise.all([...upstreams.values()].map((upstream) => shown(context, upstream))));
}

async function show(context: ApiContext<unknown>, name = context.param("name")): Promise<UpstreamAnswer> {
  await context.deps.changes.refresh();
  const upstream = (await context.deps.registries.snapshot()).upstreams.get(name);
  if (upstream === undefined) {
    throw new EntrepotError("not-found", { message: `There is no upstream "${name}".` });
  }
  return await shown(context, upstream);
}

function valuesOf(body: UpstreamBody): UpstreamValues {
  const { allowedHosts, freshSeconds, timeoutMs, trustPublishTimes } = body;
  const authorization = authorizationOf(body);
  return {
    ...(body.url === undefined ? {} : { url: body.url }),
    ...(authorization === undefined ? {} : { authorization }),
    settings: {
      ...(allowedHosts === undefined ? {} : { allowedHosts }),
      ...(freshSeconds === undefined ? {} : { freshSeconds }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(trustPublishTimes === undefined ? {} : { trustPublishTimes }),
    },
  };
}

function authorizationOf(body: UpstreamBody): string | null | undefined {
  if (body.username !== undefined && body.password !== undefined) {
    return `Basic ${Buffer.from(`${body.username}:${body.password}`).toString("base64")}`;
  }
  if (body.username !== undefined || body.password !== undefined) {
    throw new EntrepotError("request-invalid", { message: "Give both username and password, or a token." });
  }
  return typeof body.token === "string" ? `Bearer ${body.token}` : body.token;
}

/** Upstreams: one may serve many registries. */
export const UPSTREAM_ROUTES: readonly ApiRoute[] = [
  apiRoute({
    id: "list-upstreams",
    method: "GET",
    path: "/upstreams",
    permission: "manage-registry",
    body: NO_BODY,
    handler: list,
  }),
  apiRoute({
    id: "create-upstream",
    method: "POST",
    path: "/upstreams",
    permission: "manage-registry",
    body: createBody,
    status: 201,
    async handler(context) {
      const { name, url } = context.body;
      await createUpstream(context.deps.upstreamWrites, actorOf(context), {
        ...valuesOf(context.body),
        name,
        url,
      });
      return await show(context, name);
    },
  }),
  apiRoute({
    id: "show-upstream",
    method: "GET",
    path: "/upstreams/:name",
    permission: "manage-registry",
    body: NO_BODY,
    handler: show,
  }),
  apiRoute({
    id: "change-upstream",
    method: "PATCH",
    path: "/upstreams/:name",
    permission: "manage-registry",
    body: changeBody,
    async handler(context) {
      const name = context.param("name");
      await changeUpstream(context.deps.upstreamWrites, actorOf(context), {
        ...valuesOf(context.body),
        name,
      });
      return await show(context);
    },
  }),
  apiRoute({
    id: "delete-upstream",
    method: "DELETE",
    path: "/upstreams/:name",
    permission: "manage-registry",
    body: NO_BODY,
    handler: (context) =>
      deleteUpstream(context.deps.upstreamWrites, actorOf(context), context.param("name")),
  }),
];
