import pg from "pg";
import type { Client } from "pg";
import type { DatabaseEvent } from "../database.ts";
import { CHANGES_CHANNEL } from "./changes-channel.ts";
import { clientSettings, STATEMENT_MS_MAX } from "./client-settings.ts";

const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 10_000;

/**
 * Listens on a connection of its own and calls back for each notification, and after each (re)connection, when some
 * may have been missed. Connects when the first listener comes and again by itself whenever the connection is lost.
 */
export class ChangeListener {
  readonly #url: string;
  readonly #log: (event: DatabaseEvent) => void;
  readonly #listeners = new Set<() => void>();
  #client: Client | null = null;
  #retry: NodeJS.Timeout | null = null;
  #retryMs: number = RETRY_MS_MIN;
  #isClosed = false;

  constructor(url: string, log: (event: DatabaseEvent) => void) {
    this.#url = url;
    this.#log = log;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#client === null && this.#retry === null) void this.#connect();
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = null;
    await client
      ?.end()
      .catch((error: unknown) => this.#log({ message: "Closing the listener failed.", error }));
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    const client = new pg.Client(clientSettings(this.#url, STATEMENT_MS_MAX));
    this.#client = client;
    client.on("notification", () => this.#tell());
    client.on("error", (error) => this.#lose(client, error));
    client.on("end", () => this.#lose(client, undefined));
    try {
      await client.connect();
      await client.query(`listen ${CHANGES_CHANNEL}`);
      this.#retryMs = RETRY_MS_MIN;
      this.#tell();
    } catch (error) {
      this.#lose(client, error);
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  #lose(client: Client, error: unknown): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = null;
    this.#log({ message: "The connection that hears of changes was lost; connecting again.", error });
    client
      .end()
      .catch((cause: unknown) => this.#log({ message: "Closing a lost connection failed.", error: cause }));
    this.#retry = setTimeout(() => void this.#connect(), this.#retryMs);
    this.#retry.unref();
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }
}
