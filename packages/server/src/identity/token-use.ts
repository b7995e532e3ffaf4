import type { IdentityDeps } from "./identity-deps.ts";

/** Remembers when tokens were used and writes it now and then, many at once. */
export interface TokenUse {
  /** Notes a use, to be written later. */
  note(tokenId: string, use: Use): void;
  /** Writes what was noted. What cannot be written stays noted. */
  write(): Promise<void>;
}

/** When and from where a token was used. */
export interface Use {
  at: number;
  address: string;
}

const UPDATES_MAX = 500;
const NOTED_MAX = 100_000;

/** Makes the notes of this process. */
export function createTokenUse(deps: Pick<IdentityDeps, "db">): TokenUse {
  const noted = new Map<string, Use>();
  return {
    note(tokenId, use) {
      const known = noted.get(tokenId);
      const isNews = known === undefined ? noted.size < NOTED_MAX : known.at <= use.at;
      if (isNews) noted.set(tokenId, use);
    },
    async write() {
      while (noted.size > 0) {
        const batch = Array.from(noted).slice(0, UPDATES_MAX);
        await writeBatch(deps, batch);
        for (const [tokenId, use] of batch) {
          if (noted.get(tokenId) === use) noted.delete(tokenId);
        }
      }
    },
  };
}

async function writeBatch(
  deps: Pick<IdentityDeps, "db">,
  batch: readonly (readonly [string, Use])[],
): Promise<void> {
  await deps.db.write(async (trx) => {
    for (const [tokenId, { at, address }] of batch) {
      await trx
        .updateTable("tokens")
        .set({ last_used_at: at, last_used_address: address === "" ? null : address })
        .where("id", "=", tokenId)
        .where((on) => on.or([on("last_used_at", "is", null), on("last_used_at", "<", at)]))
        .execute();
    }
  });
}
