import pg from "pg";
import type { ClientConfig } from "pg";

/** Longest that the server works on one statement. */
export const STATEMENT_MS_MAX = 30_000;
/** Longest that we wait for the answer of a server which may be gone; longer than its own limit. */
const ANSWER_MS_MAX = 35_000;
const CONNECT_MS_MAX = 10_000;
const INT8_OID = 20;
const NUMERIC_OID = 1700;

/** Reads 64-bit integers, and the sums of them, as numbers: nothing we count passes 2^53. */
const types: NonNullable<ClientConfig["types"]> = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8_OID || oid === NUMERIC_OID
      ? Number
      : pg.types.getTypeParser(oid, format as "text")) as never,
};

/** Settings that every connection to PostgreSQL shares; `statementMsMax` 0 is no limit. */
export function clientSettings(url: string, statementMsMax: number): ClientConfig {
  return {
    connectionString: url,
    types,
    application_name: "entrepot",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: statementMsMax,
    ...(statementMsMax === 0 ? {} : { query_timeout: ANSWER_MS_MAX }),
  };
}
