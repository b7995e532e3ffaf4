import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { PackumentForm } from "@entrepot/core";
import type { Decided } from "../../firewall/index.ts";
import type { View } from "../../registry/index.ts";
import type { Answer, Replay } from "../answer.ts";
import type { NpmContext } from "../context.ts";
import { headerText } from "../errors.ts";
import { isLook } from "../is-look.ts";
import { packageOf } from "../match-route.ts";
import { acceptsGzip, preferredForm } from "../negotiate.ts";
import { requestUrl } from "../pages/request-url.ts";

const CONTENT_TYPES: Readonly<Record<PackumentForm, string>> = {
  full: "application/json; charset=utf-8",
  abbreviated: "application/vnd.npm.install-v1+json; charset=utf-8",
};
/** Rules by which most packages miss versions that hardly anybody asks for; of these alone the log is not told. */
const EXPECTED: ReadonlySet<string> = new Set(["prerelease", "deprecated"]);
/** Versions left out that the decision log names. */
const NAMED_MAX = 8;
const SHARED_HEADERS = ["cache-control", "private, no-cache", "vary", "accept, accept-encoding"];

/** `GET /:package`: the packument in the form that the client prefers, compressed if it can read that. */
export async function getPackument(context: NpmContext): Promise<Answer> {
  const form = preferredForm(context.request.headers.accept);
  const view = await viewFor(context, form);
  const isGzip = acceptsGzip(context.request.headers["accept-encoding"]);
  const given = isGzip ? gzipAnswer(view) : identityAnswer(view);
  const answer = view.notice !== null && isLook(context.request) ? unkept(given) : given;
  const decided = withheldFrom(view, context.registry.name);
  if (decided === null) return answer;
  return {
    ...answer,
    decided,
    ...(answer.replay === undefined ? {} : { replay: { ...answer.replay, decided } }),
  };
}

// npm prints no notice of what it keeps. Who looks at a package is told that `latest` leads elsewhere than upstream;
// during an installation, where every package below would tell the same, the list is kept and nothing is said.
function unkept({ replay: _replay, headers, ...answer }: Answer): Answer {
  const at = headers.indexOf("cache-control");
  return { ...answer, headers: headers.with(at + 1, "private, no-store") };
}

// A client that sees no version that it may have asks for no tarball, and nothing else would tell that it was stopped.
function withheldFrom({ hidden, registryId, name }: View, registry: string): Decided | null {
  if (hidden.size === 0) return null;
  const named: string[] = [];
  const rules = new Set<string>();
  for (const [version, { rule }] of hidden) {
    if (named.length === NAMED_MAX) break;
    if (EXPECTED.has(rule)) continue;
    named.push(`${version} (${rule})`);
    rules.add(rule);
  }
  if (named.length === 0) return null;
  const [rule = null, ...others] = rules;
  const more = hidden.size > named.length ? ", …" : "";
  return {
    registryId,
    registry,
    name,
    version: "*",
    outcome: "withheld",
    purpose: "metadata",
    rule: others.length === 0 ? rule : null,
    reason: `${hidden.size} left out: ${named.join(", ")}${more}`,
    until: null,
  };
}

/** The view that a request asks for. */
export async function viewFor(context: NpmContext, form: PackumentForm): Promise<View> {
  const name = packageOf(context.params).full;
  const { registry, registryUrl, address, deps } = context;
  const baseUrl = deps.publicUrl ?? `${address.origin}${address.pathPrefix}`;
  return await deps.packuments.view({
    registry,
    name,
    form,
    packageUrl: `${registryUrl}/${name}`,
    requestUrl: requestUrl(baseUrl, { registry: registry.name, name, version: null }),
    localOnly: precedesWrite(context),
  });
}

// A client that is about to write reads the package first. Asking upstream then would tell the upstream a
// name that is becoming ours.
function precedesWrite(context: NpmContext): boolean {
  return (
    context.query.get("write") === "true" ||
    WRITE_COMMANDS.has(String(context.request.headers["npm-command"]))
  );
}

const WRITE_COMMANDS: ReadonlySet<string> = new Set([
  "publish",
  "stage",
  "unpublish",
  "deprecate",
  "undeprecate",
]);

type ViewAnswer = Answer & { replay: Replay };

function noticeHeader({ notice }: View): string[] {
  return notice === null ? [] : ["npm-notice", headerText(notice)];
}

function gzipAnswer(view: View): ViewAnswer {
  const { gzip, form, registryId, held, name } = view;
  const etag = `"${view.etag}"`;
  return {
    status: 200,
    headers: [
      "content-type",
      CONTENT_TYPES[form],
      "content-encoding",
      "gzip",
      "content-length",
      String(gzip.length),
      "etag",
      etag,
      ...SHARED_HEADERS,
      ...noticeHeader(view),
    ],
    body: gzip,
    replay: {
      body: () => (held.view?.isCurrent() === true ? held.view.gzip : null),
      registryId,
      packageName: name,
      permission: "view",
      etag,
      notModifiedHeaders: ["etag", etag, ...SHARED_HEADERS],
    },
  };
}

// Hardly any client asks for plain text, so it is made from the compressed form while it is sent.
function identityAnswer(view: View): ViewAnswer {
  const etag = `"${view.etag}-identity"`;
  return {
    status: 200,
    headers: [
      "content-type",
      CONTENT_TYPES[view.form],
      "content-length",
      String(view.sizeBytes),
      "etag",
      etag,
      ...SHARED_HEADERS,
      ...noticeHeader(view),
    ],
    body: null,
    stream: Readable.from([view.gzip]).pipe(createGunzip()),
    replay: {
      body: () => null,
      registryId: view.registryId,
      packageName: view.name,
      permission: "view",
      etag,
      notModifiedHeaders: ["etag", etag, ...SHARED_HEADERS],
    },
  };
}
