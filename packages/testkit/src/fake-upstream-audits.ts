import type { IncomingMessage } from "node:http";
import { gunzipSync } from "node:zlib";
import type { Answer } from "./fake-upstream-faults.ts";

/** An advisory as registries give it in answer to a bulk audit. */
export type BulkAdvisory = Readonly<Record<string, unknown>>;

const BULK_PATH = "-/npm/v1/security/advisories/bulk";

/** The audits of a fake upstream: what it answers, and what it was asked. */
export class FakeAudits {
  /** Bodies of the bulk audits that came, as JSON. */
  readonly asked: Array<Record<string, string[]>> = [];
  readonly #advisories = new Map<string, BulkAdvisory[]>();

  /** Adds an advisory on a package; every version that is asked about gets it, as from the public registry. */
  add(name: string, advisory: BulkAdvisory): void {
    this.#advisories.set(name, [...(this.#advisories.get(name) ?? []), advisory]);
  }

  /** Answers a POST; null when it is to something else. */
  async answer(path: string, request: IncomingMessage): Promise<Answer | null> {
    if (path !== BULK_PATH) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const asked = JSON.parse(body.toString()) as Record<string, string[]>;
    this.asked.push(asked);
    const found = Object.keys(asked).flatMap((name) => {
      const advisories = this.#advisories.get(name);
      return advisories === undefined ? [] : [[name, advisories]];
    });
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(Object.fromEntries(found))),
    };
  }
}
