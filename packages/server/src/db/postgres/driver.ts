import { EntrepotError } from "@entrepot/core";
import { CompiledQuery, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import type { DatabaseConnection, Driver, QueryResult, TransactionSettings } from "kysely";
import type { Pool, PoolClient, QueryResult as PgResult } from "pg";
import { asStorageError } from "../storage-errors.ts";

const COUNTED_COMMANDS: ReadonlySet<string> = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

/**
 * One loan of a pooled connection. kysely's own driver hands out the pooled connection itself, so a statement that a
 * transaction forgot to await would run after it, outside of any; here the loan ends first.
 */
class LoanedConnection implements DatabaseConnection {
  readonly #client: PoolClient;
  #hasEnded = false;
  #isBroken = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (this.#hasEnded) {
      throw new EntrepotError("internal", { message: "A statement came after its transaction had ended." });
    }
    const result = await this.#query(query.sql, [...query.parameters]);
    const rows = (result.rows ?? []) as Row[];
    return COUNTED_COMMANDS.has(result.command)
      ? { rows, numAffectedRows: BigInt(result.rowCount ?? 0) }
      : { rows };
  }

  streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new EntrepotError("internal", { message: "Streaming a query is not supported; read in pages." });
  }

  /** PostgreSQL answers a commit after a failed statement with a rollback and calls that success. */
  async commit(): Promise<void> {
    this.#hasEnded = true;
    const { command } = await this.#query("commit", []);
    if (command === "COMMIT") return;
    throw new EntrepotError("internal", {
      message: "The transaction went on after a statement of it had failed.",
    });
  }

  /** Never rejects: a connection that cannot roll back is thrown away, and the server rolls back by itself. */
  async rollback(): Promise<void> {
    this.#hasEnded = true;
    if (this.#isBroken) return;
    await this.#query("rollback", []).catch(() => {
      this.#isBroken = true;
    });
  }

  release(): void {
    this.#hasEnded = true;
    this.#client.release(this.#isBroken);
  }

  async #query(sql: string, parameters: unknown[]): Promise<PgResult> {
    try {
      return await this.#client.query(sql, parameters);
    } catch (error) {
      // An error without a SQLSTATE comes from the connection, whose state nobody knows then.
      const code = (error as { code?: unknown }).code;
      this.#isBroken ||= typeof code !== "string" || code.length !== 5 || code.startsWith("E");
      throw asStorageError(error);
    }
  }
}

class PostgresPoolDriver implements Driver {
  readonly #pool: Pool;
  readonly #firstStatement: string | null;

  constructor(pool: Pool, firstStatement: string | null) {
    this.#pool = pool;
    this.#firstStatement = firstStatement;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  async acquireConnection(): Promise<LoanedConnection> {
    try {
      return new LoanedConnection(await this.#pool.connect());
    } catch (error) {
      throw asStorageError(error);
    }
  }

  async beginTransaction(connection: LoanedConnection, settings: TransactionSettings): Promise<void> {
    const level = settings.isolationLevel === undefined ? "" : ` isolation level ${settings.isolationLevel}`;
    const mode = settings.accessMode === undefined ? "" : ` ${settings.accessMode}`;
    await connection.executeQuery(CompiledQuery.raw(`start transaction${level}${mode}`));
    if (this.#firstStatement !== null) await connection.executeQuery(CompiledQuery.raw(this.#firstStatement));
  }

  commitTransaction(connection: LoanedConnection): Promise<void> {
    return connection.commit();
  }

  rollbackTransaction(connection: LoanedConnection): Promise<void> {
    return connection.rollback();
  }

  releaseConnection(connection: LoanedConnection): Promise<void> {
    connection.release();
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    return Promise.resolve();
  }
}

/** Leaves locking to the transaction: a lock of the session would have to be let go after the loan has ended. */
class PoolAdapter extends PostgresAdapter {
  override acquireMigrationLock(): Promise<void> {
    return Promise.resolve();
  }

  override releaseMigrationLock(): Promise<void> {
    return Promise.resolve();
  }
}

/**
 * Makes a kysely over `pool`; closing the pool is the caller's. `firstStatement` begins every transaction, to take
 * a lock for instance.
 */
export function createPostgresKysely<Tables>(
  pool: Pool,
  firstStatement: string | null = null,
): Kysely<Tables> {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PoolAdapter(),
      createDriver: () => new PostgresPoolDriver(pool, firstStatement),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}
