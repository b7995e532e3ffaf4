import { EntrepotError } from "@entrepot/core";
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from "kysely";
import type { Schema } from "../schema.ts";
import { queryResultOf, refuseStream } from "./query-result.ts";
import type { WriteBatch } from "./write-batch.ts";

/** A work's own view of the shared transaction; dead once the work ended, so a stray statement cannot join another. */
class WorkConnection implements DatabaseConnection {
  readonly batch: WriteBatch;
  #hasEnded = false;

  constructor(batch: WriteBatch) {
    this.batch = batch;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#hasEnded) {
      throw new EntrepotError("internal", { message: "A statement came after its transaction had ended." });
    }
    return queryResultOf<Row>(await this.batch.run({ sql: query.sql, parameters: query.parameters }));
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return refuseStream();
  }

  /** True the first time: kysely rolls back after a commit that failed. */
  end(): boolean {
    const isFirst = !this.#hasEnded;
    this.#hasEnded = true;
    return isFirst;
  }
}

class WriterDriver implements Driver {
  readonly #currentBatch: () => WriteBatch;

  constructor(currentBatch: () => WriteBatch) {
    this.#currentBatch = currentBatch;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<WorkConnection> {
    return Promise.resolve(new WorkConnection(this.#currentBatch()));
  }

  beginTransaction(connection: WorkConnection): Promise<void> {
    connection.batch.enter();
    return Promise.resolve();
  }

  commitTransaction(connection: WorkConnection): Promise<void> {
    if (connection.end()) connection.batch.leave();
    return Promise.resolve();
  }

  rollbackTransaction(connection: WorkConnection): Promise<void> {
    if (connection.end()) connection.batch.undo();
    return Promise.resolve();
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Makes the kysely whose transactions are savepoints of the batch that `currentBatch` gives at their start. */
export function createWriterKysely(currentBatch: () => WriteBatch): Kysely<Schema> {
  return new Kysely<Schema>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new WriterDriver(currentBatch),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
