import { asStorageError, storageUnavailable } from "../storage-errors.ts";
import type { SqliteResult, SqliteStatementCall } from "./connection.ts";
import { WriterFailure } from "./writer-link.ts";
import type { WriterLink } from "./writer-link.ts";

const ENTER = "savepoint work";
const LEAVE = "release work";
const UNDO = "rollback to work";

/**
 * One transaction that several works share, each inside its own savepoint. Control statements are not sent by
 * themselves: they travel with the next statement, so that a work costs one message per statement of its own.
 */
export class WriteBatch {
  readonly #link: WriterLink;
  #control: string[] = ["begin immediate"];
  #isBegun = false;
  #failure: Error | null = null;

  constructor(link: WriterLink) {
    this.#link = link;
  }

  /** What ended the transaction before its commit, for every work in it; null while it can still commit. */
  get failure(): Error | null {
    return this.#failure;
  }

  enter(): void {
    this.#control.push(ENTER);
  }

  leave(): void {
    if (!this.#takeUnusedEntry()) this.#control.push(LEAVE);
  }

  undo(): void {
    if (!this.#takeUnusedEntry()) this.#control.push(UNDO, LEAVE);
  }

  /** Runs one statement of the current work. */
  async run(statement: SqliteStatementCall): Promise<SqliteResult> {
    const result = await this.#send(statement);
    if (result === null) throw storageUnavailable("The database's writer gave no result.");
    return result;
  }

  /** Commits what the works did; rejects with what all of them have to be told. */
  async commit(): Promise<void> {
    if (this.#failure !== null) throw this.#failure;
    if (!this.#isBegun) return;
    this.#control.push("commit");
    await this.#send(null);
  }

  #takeUnusedEntry(): boolean {
    const isUnused = this.#control.at(-1) === ENTER;
    if (isUnused) this.#control.pop();
    return isUnused;
  }

  async #send(statement: SqliteStatementCall | null): Promise<SqliteResult | null> {
    if (this.#failure !== null) throw this.#failure;
    const control = this.#control;
    this.#control = [];
    this.#isBegun = true;
    try {
      return await this.#link.send(control, statement);
    } catch (error) {
      throw this.#judge(error);
    }
  }

  /** An error that leaves the transaction open is the statement's own; any other one is everybody's. */
  #judge(error: unknown): unknown {
    if (!(error instanceof WriterFailure)) return error;
    if (error.isTransaction) return asStorageError(error.cause);
    const text = error.cause instanceof Error ? error.cause.message : String(error.cause);
    this.#failure ??= storageUnavailable(`The database could not commit: ${text}`, error.cause);
    return this.#failure;
  }
}
