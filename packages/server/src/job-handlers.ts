import type { BlobStore, StagingArea } from "./blobs/index.ts";
import type { Database } from "./db/index.ts";
import { purgeInvitations, purgeSessions, purgeTokens } from "./identity/index.ts";
import type { JobHandler, Schedule } from "./jobs/index.ts";
import { collectGarbage } from "./registry/index.ts";

/** When the background work runs by itself, in UTC. */
export const SCHEDULES: readonly Schedule[] = [
  { name: "collect-garbage", cron: "30 3 * * *", kind: "collect-garbage" },
];

/** Makes the handlers of every kind of job. */
export function createJobHandlers(deps: {
  db: Database;
  blobs: BlobStore;
  staging: StagingArea;
  now: () => number;
}): JobHandler[] {
  return [
    {
      kind: "collect-garbage",
      attemptsMax: 3,
      async run({ log, signal }) {
        await deps.staging.clean();
        const report = await collectGarbage(deps, { log, signal });
        log(
          `kept ${report.keptBlobs} blobs, removed ${report.removedBlobs} with ${report.removedBytes} bytes`,
        );
        log(`removed ${await purgeTokens(deps)} tokens that ended 30 days ago or earlier`);
        log(`removed ${await purgeSessions(deps)} sessions that ended 30 days ago or earlier`);
        log(`removed ${await purgeInvitations(deps)} invitations that ended 30 days ago or earlier`);
      },
    },
  ];
}
