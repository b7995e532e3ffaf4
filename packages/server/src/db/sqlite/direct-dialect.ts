import { EntrepotError } from "@entrepot/core";
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from "kysely";
import { asStorageError } from "../storage-errors.ts";
import type { SqliteConnection } from "./connection.ts";
import { queryResultOf, refuseStream } from "./query-result.ts";

class DirectConnection implements DatabaseConnection {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      return queryResultOf<Row>(this.#connection.execute(query));
    } catch (error) {
      throw asStorageError(error);
    }
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    return refuseStream();
  }

  control(sql: string): Promise<void> {
    this.#connection.control(sql);
    return Promise.resolve();
  }

  /** Some errors end the transaction by themselves. */
  rollback(): Promise<void> {
    return this.#connection.isTransaction ? this.control("rollback") : Promise.resolve();
  }
}

class DirectDriver implements Driver {
  readonly #connection: DirectConnection;
  readonly #begin: string | null;

  constructor(connection: SqliteConnection, begin: string | null) {
    this.#connection = new DirectConnection(connection);
    this.#begin = begin;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  acquireConnection(): Promise<DirectConnection> {
    return Promise.resolve(this.#connection);
  }

  beginTransaction(connection: DirectConnection): Promise<void> {
    // Statements of other callers would fall into it and read an old state.
    if (this.#begin === null) {
      throw new EntrepotError("internal", {
        message: "The reading connection has no transactions; use write().",
      });
    }
    return connection.control(this.#begin);
  }

  commitTransaction(connection: DirectConnection): Promise<void> {
    return connection.control("commit");
  }

  rollbackTransaction(connection: DirectConnection): Promise<void> {
    return connection.rollback();
  }

  releaseConnection(): Promise<void> {
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Tells kysely of the engine, and lets compiled queries run without kysely. */
export class DirectAdapter extends SqliteAdapter {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    super();
    this.#connection = connection;
  }

  /** Runs a query; its values are given apart. What kysely does around each query takes longer than most of them. */
  run<Row>(query: CompiledQuery<Row>, parameters: readonly unknown[]): Row[] {
    try {
      return this.#connection.execute({ sql: query.sql, parameters }).rows as Row[];
    } catch (error) {
      throw asStorageError(error);
    }
  }

  /** SQLite can roll back a table's creation; kysely's own adapter denies it, and then migrations would not be atomic. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Makes a kysely that runs statements on the calling thread. `begin` is the statement that opens a transaction,
 * null where there must be none.
 */
export function createDirectKysely<Tables>(
  connection: SqliteConnection,
  begin: string | null,
): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new DirectAdapter(connection),
      createDriver: () => new DirectDriver(connection, begin),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
}
