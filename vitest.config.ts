import { defineConfig } from "vitest/config";

const fromSource = { resolve: { conditions: ["source"] }, ssr: { resolve: { conditions: ["source"] } } };

/** What happens behind an answer may take its time on a busy machine. */
const expect = { poll: { timeout: 10_000 } };

/**
 * Three speeds: `unit` beside the source, `server` for whole parts on real engines,
 * `system` for real clients and real faults.
 */
export default defineConfig({
  test: {
    // Tests wait for servers, databases and clients more than they work; the default leaves one core out.
    maxWorkers: "100%",
    projects: [
      { ...fromSource, test: { name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
      {
        ...fromSource,
        test: {
          name: "server",
          include: ["packages/*/test/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          expect,
        },
      },
      {
        ...fromSource,
        test: {
          name: "system",
          include: ["test/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          expect,
        },
      },
    ],
  },
});
