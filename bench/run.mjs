import { createContext } from "./harness/context.mjs";
import { readOptions, USAGE } from "./harness/options.mjs";
import { canPin, createWorkshop } from "./harness/processes.mjs";
import { PEERS } from "./peers/index.mjs";
import { tableOf } from "./report/table.mjs";
import {
  circumstances,
  describeRun,
  plainTable,
  prepareResults,
  readBaseline,
  writeResults,
} from "./report/write.mjs";
import { SCENARIOS } from "./scenarios/index.mjs";
import { startStandIn } from "./upstream/start.mjs";

/** `npm run bench`: measures Entrepot beside others and prints ratios. See README.md in this folder. */
async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(USAGE);
  if (options.list) return void process.stdout.write(listing());
  const scenarios = chosenScenarios(options.only);
  const { peers, missing } = await chosenPeers(options.peers);
  const isPinned = canPin();
  const workshop = createWorkshop({ ...options, isPinned });
  endWith(workshop);
  prepareResults();
  try {
    const standIn = await startStandIn(workshop);
    const context = createContext({ options, workshop, standIn, peers, progress });
    const rows = await runAll(context, scenarios, missing);
    const columns = peers.map(({ id }) => id);
    report({
      options,
      rows,
      run: describeRun({ options, facts: context.facts, isPinned, columns, missing }),
    });
  } finally {
    await workshop.close();
  }
}

function progress(text) {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${text}\n`);
}

function listing() {
  const width = Math.max(...SCENARIOS.map(({ id }) => id.length));
  const scenarios = SCENARIOS.map(({ id, about }) => `  ${id.padEnd(width)}  ${about}`).join("\n");
  return `scenarios\n${scenarios}\ncompetitors\n  ${PEERS.map(({ id }) => id).join(", ")}\n`;
}

function chosenScenarios(only) {
  const unknown = (only ?? []).filter((id) => !SCENARIOS.some((scenario) => scenario.id === id));
  if (unknown.length > 0) throw new Error(`no scenario "${unknown[0]}"; --list names them`);
  return only === null ? SCENARIOS : SCENARIOS.filter(({ id }) => only.includes(id));
}

async function chosenPeers(wanted) {
  const unknown = wanted.filter((id) => !PEERS.some((peer) => peer.id === id));
  if (unknown.length > 0) throw new Error(`no competitor "${unknown[0]}"; --list names them`);
  const peers = [];
  const missing = [];
  for (const peer of PEERS.filter(({ id }) => wanted.includes(id))) {
    const reason = await peer.unavailable();
    if (reason === null) peers.push(peer);
    else missing.push(`${peer.label} (${reason})`);
  }
  for (const text of missing) progress(`left out: ${text}`);
  return { peers, missing };
}

/** A scenario that fails is reported and does not take the others with it. */
async function runAll(context, scenarios, missing) {
  const rows = [];
  const ordered = [
    ...scenarios.filter((each) => each.usesShared),
    ...scenarios.filter((each) => !each.usesShared),
  ];
  for (const scenario of ordered) {
    if (!scenario.usesShared) await context.stopShared();
    const reason = scenario.unavailable();
    if (reason !== null) {
      missing.push(`${scenario.id} (${reason})`);
      progress(`left out: ${scenario.id} (${reason})`);
      continue;
    }
    progress(`── ${scenario.id}`);
    try {
      rows.push(...(await scenario.run(context)));
    } catch (error) {
      process.exitCode = 1;
      missing.push(`${scenario.id} (failed: ${error.message})`);
      progress(`${scenario.id} failed: ${error.stack}`);
    }
  }
  return rows;
}

function report({ options, rows, run }) {
  // Where Entrepot is not measured, the table shows what the harness can say of another.
  const subject = run.columns.includes(options.subject) ? options.subject : (run.columns.at(-1) ?? "direct");
  const table = tableOf(rows, { subject, baseline: readBaseline() });
  const result = { run: { ...run, subject }, rows };
  const file = writeResults(result, table);
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
  else process.stdout.write(`\n${plainTable(table)}\n\n${circumstances(run)}\n${file}\n`);
}

/** Ctrl-C and crashes leave no process and no folder behind. */
function endWith(workshop) {
  let isEnding = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      // The second signal does not wait for anybody.
      if (isEnding) workshop.closeNow();
      if (isEnding) process.exit(130);
      isEnding = true;
      progress("stopping");
      void workshop.close().finally(() => process.exit(130));
    });
  }
  process.once("uncaughtException", (error) => {
    process.stderr.write(`${error.stack}\n`);
    workshop.closeNow();
    process.exit(1);
  });
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
