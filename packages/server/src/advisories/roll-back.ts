import { EntrepotError } from "@entrepot/core";
import { keepBlobs } from "../blobs/index.ts";
import type { Actor } from "../changes/index.ts";
import { holdLock } from "../db/index.ts";
import { announceEpoch, EPOCH_LOCK, feedsOf, type BuildDeps } from "./build-epoch.ts";
import { saveHold } from "./epoch-hold.ts";
import { findEpoch, newestEpoch, type Epoch } from "./epoch-rows.ts";

/**
 * Makes what the feeds said in a former epoch count again, as a new epoch, and holds it: feeds are followed again after
 * the next sync by hand. What was written here stays as it is. Throws `not-found`, and `storage-unavailable` when that
 * epoch's index is gone.
 */
export async function rollBack(deps: BuildDeps, id: number, actor: Actor): Promise<Epoch> {
  const known = await findEpoch(deps.db.read, id);
  if (known === null) throw noEpoch(id);
  (await deps.files.open(known.index)).close();
  return await deps.db.write(async (trx) => {
    await holdLock(trx, { key: EPOCH_LOCK, mode: "alone" });
    await keepBlobs(trx);
    const [target, newest] = [await findEpoch(trx, id), await newestEpoch(trx)];
    if (target === null || newest === null) throw noEpoch(id);
    const { digest, feeds, advisories, ...rest } = feedsOf(target);
    const own = newest.feeds.filter(({ kind }) => kind === "own");
    const epoch: Omit<Epoch, "id"> = {
      ...rest,
      createdAt: deps.now(),
      origin: "rollback",
      createdBy: actor.name,
      index: digest,
      own: newest.own,
      ownBytes: newest.ownBytes,
      advisories: advisories + (own[0]?.records ?? 0),
      feeds: [...feeds, ...own],
    };
    await saveHold(trx, { epoch: id, by: actor.name, at: deps.now() });
    return { ...epoch, id: await announceEpoch(trx, deps, { epoch, actor }) };
  });
}

function noEpoch(id: number): EntrepotError {
  return new EntrepotError("not-found", {
    message: `There is no epoch ${id} of the advisories; entrepot advisories epochs lists those that are kept.`,
  });
}
