import type { IdentityDeps } from "./identity-deps.ts";

/** Remembers when tokens were used and writes it now and then, many at once. */
export interface TokenUse {
  /** Notes a use, to be written later. */
  note(tokenId: string, at: number): void;
  /** Writes what was noted. What cannot be written stays noted. */
  write(): Promise<void>;
}

const UPDATES_MAX = 500;
const NOTED_MAX = 100_000;

/** Makes the notes of this process. */
export function createTokenUse(deps: Pick<IdentityDeps, "db">): TokenUse {
  const noted = new Map<string, number>();
  return {
    note(tokenId, at) {
      if (noted.size < NOTED_MAX || noted.has(tokenId)) {
        noted.set(tokenId, Math.max(at, noted.get(tokenId) ?? 0));
      }
    },
    async write() {
      while (noted.size > 0) {
        const batch = Array.from(noted).slice(0, UPDATES_MAX);
        await writeBatch(deps, batch);
        for (const [tokenId, at] of batch) {
          if (noted.get(tokenId) === at) noted.delete(tokenId);
        }
      }
    },
  };
}

async function writeBatch(
  deps: Pick<IdentityDeps, "db">,
  batch: readonly (readonly [string, number])[],
): Promise<void> {
  await deps.db.write(async (trx) => {
    for (const [tokenId, at] of batch) {
      await trx
        .updateTable("tokens")
        .set({ last_used_at: at })
        .where("id", "=", tokenId)
        .where((on) => on.or([on("last_used_at", "is", null), on("last_used_at", "<", at)]))
        .execute();
    }
  });
}
