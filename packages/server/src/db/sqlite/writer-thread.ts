/*
 * The thread that owns SQLite's one writing connection, so that waiting for the disk and for other processes' locks
 * never stops the event loop that serves requests. It knows nothing of works or batches: it runs what it is sent.
 */
import { parentPort, workerData } from "node:worker_threads";
import { openWriterConnection, WRITER_BUSY_MS } from "./connection.ts";
import type { SqliteConnection } from "./connection.ts";
import { loadSqliteEngine } from "./engine.ts";
import { failureOf } from "./writer-messages.ts";
import type { WriterReply, WriterRequest } from "./writer-messages.ts";

function answer(connection: SqliteConnection, request: WriterRequest): WriterReply {
  try {
    runControl(connection, request.control);
    const result = request.statement === null ? null : connection.execute(request.statement);
    return { id: request.id, kind: "done", result };
  } catch (error) {
    return {
      id: request.id,
      kind: "failed",
      failure: failureOf(error),
      isTransaction: connection.isTransaction,
    };
  }
}

function runControl(connection: SqliteConnection, control: readonly string[]): void {
  try {
    for (const sql of control) connection.prepare(sql).statement.run();
  } catch (error) {
    if (connection.isTransaction) connection.control("rollback");
    throw error;
  }
}

async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error("writer-thread runs as a worker only");
  const send = (reply: WriterReply): void => port.postMessage(reply);
  try {
    const { path } = workerData as { path: string };
    const connection = openWriterConnection(await loadSqliteEngine(), path, WRITER_BUSY_MS);
    send({ id: 0, kind: "ready" });
    port.on("message", (request: WriterRequest | "close") => {
      if (request !== "close") return send(answer(connection, request));
      connection.close();
      port.close();
    });
  } catch (error) {
    send({ id: 0, kind: "unusable", failure: failureOf(error) });
  }
}

await main();
