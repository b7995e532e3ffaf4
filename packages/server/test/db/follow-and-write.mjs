// Obeys lines on its input: "write <name>" appends a change, "seen <name>" catches up and tells what it has seen.
import { createInterface } from "node:readline";
import { appendChange, createChangeLog, systemActor } from "../../dist/changes/index.js";
import { openDatabase } from "../../dist/db/index.js";

const say = (line) => process.stdout.write(`${line}\n`);
const db = await openDatabase({ url: process.argv[2] });
const log = await createChangeLog(db, { pollMs: 3_600_000, onError: () => undefined });
const seen = new Set();
log.subscribe((changes) => {
  for (const change of changes) seen.add(change.packageName);
});
say("ready");

for await (const line of createInterface({ input: process.stdin })) {
  const [verb, packageName] = line.split(" ");
  if (verb === "seen") {
    log.catchUp();
    say(`seen ${packageName} ${seen.has(packageName)}`);
  } else {
    const by = { actor: systemActor("a"), at: 1 };
    const change = { workspaceId: "w", registryId: null, kind: "tag-set", ...by, detail: {} };
    await db.write((trx) => appendChange(trx, { ...change, packageName }));
    say(`wrote ${packageName}`);
  }
}
