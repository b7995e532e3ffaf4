import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { runClientCommand } from "../src/index.ts";
import type { ClientIo, ExitCode } from "../src/index.ts";
import { startFakeServer } from "./fake-server.ts";
import type { FakeAnswer, FakeServer } from "./fake-server.ts";

/** How a command ended and what it wrote. */
export interface Result {
  code: ExitCode;
  out: string;
  err: string;
}

/** What a command finds around it. */
export interface World {
  env?: Record<string, string>;
  input?: string;
  /** Answers of a person at the terminal; without them nobody is there. */
  typed?: string[];
}

/** A command line for each test of a file, with a home folder of its own. */
export interface CommandLine {
  readonly home: string;
  run(argv: string, world?: World): Promise<Result>;
  /** Starts the server that commands talk to: answers by `METHOD /path` below `/api/v1`. */
  serve(answers: Record<string, FakeAnswer>): Promise<FakeServer>;
}

/** Sets a command line up for every test of the file. */
export function useCommandLine(): CommandLine {
  let home = "";
  let server: FakeServer | null = null;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "entrepot-cli-"));
  });
  afterEach(async () => {
    await server?.close();
    server = null;
    await rm(home, { recursive: true });
  });

  return {
    get home() {
      return home;
    },
    async run(argv, world = {}) {
      let [out, err] = ["", ""];
      const typed = world.typed?.slice();
      const io: ClientIo = {
        env: { ENTREPOT_SERVER: server?.url ?? "http://127.0.0.1:9", ...world.env },
        homeFolder: home,
        folder: home,
        isInteractive: typed !== undefined,
        readInput: () => Promise.resolve(world.input ?? ""),
        ask: () => Promise.resolve(typed?.shift() ?? ""),
        out: (text) => (out += text),
        err: (text) => (err += text),
        fetch,
      };
      const words = argv.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', "")) ?? [];
      const code = await runClientCommand(words, { io });
      return { code, out, err };
    },
    async serve(answers) {
      const api = Object.entries(answers).map(([route, answer]) => [route.replace(" ", " /api/v1"), answer]);
      server = await startFakeServer(Object.fromEntries(api) as Record<string, FakeAnswer>);
      return server;
    },
  };
}
