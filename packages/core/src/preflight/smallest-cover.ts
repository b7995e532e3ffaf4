/** Most wishes for which every combination is weighed; with more the best is taken step by step. */
const WISHES_WEIGHED_MAX = 12;

/**
 * The fewest offers that meet all wishes that can be met; of equally few the ones that stand first in the list.
 *
 * @param meets which offers meet each wish, as positions in the list of offers
 * @returns positions of the offers to take, in their order
 * @example smallestCover(3, [[0, 1], [1, 2], [1]]) // [1]
 */
export function smallestCover(offerCount: number, meets: readonly (readonly number[])[]): number[] {
  const wishes = meets.filter((offers) => offers.length > 0);
  const masks = Array.from({ length: offerCount }, () => 0n);
  wishes.forEach((offers, wish) => {
    for (const offer of offers) masks[offer] = (masks[offer] ?? 0n) | (1n << BigInt(wish));
  });
  const all = (1n << BigInt(wishes.length)) - 1n;
  const taken = wishes.length > WISHES_WEIGHED_MAX ? stepByStep(masks, all) : bestOf(masks, all);
  return taken.toSorted((one, other) => one - other);
}

interface Choice {
  taken: number[];
  /** Sum of the positions: those in front are better. */
  cost: number;
}

// For each set of wishes the best way to meet it, built up from the smaller sets.
function bestOf(masks: readonly bigint[], all: bigint): number[] {
  const best = new Map<bigint, Choice>([[0n, { taken: [], cost: 0 }]]);
  masks.forEach((mask, offer) => {
    if (mask === 0n) return;
    // What this offer adds is not to be built upon by itself.
    const before = [...best.entries()];
    for (const [met, choice] of before) {
      const next = { taken: [...choice.taken, offer], cost: choice.cost + offer };
      const known = best.get(met | mask);
      if (known === undefined || isBetter(next, known)) best.set(met | mask, next);
    }
  });
  return best.get(all)?.taken ?? [];
}

function isBetter(one: Choice, other: Choice): boolean {
  if (one.taken.length !== other.taken.length) return one.taken.length < other.taken.length;
  return one.cost < other.cost;
}

function stepByStep(masks: readonly bigint[], all: bigint): number[] {
  const taken: number[] = [];
  let open = all;
  while (open !== 0n) {
    let best = -1;
    for (let offer = 0; offer < masks.length; offer += 1) {
      const gain = countOf((masks[offer] ?? 0n) & open);
      if (gain > 0 && gain > (best === -1 ? 0 : countOf((masks[best] ?? 0n) & open))) best = offer;
    }
    if (best === -1) break;
    taken.push(best);
    open &= ~(masks[best] ?? 0n);
  }
  return withoutNeedless(taken, masks, all);
}

// What was taken early may have become needless.
function withoutNeedless(taken: readonly number[], masks: readonly bigint[], all: bigint): number[] {
  let kept = [...taken];
  for (const offer of taken) {
    const others = kept.filter((other) => other !== offer);
    let met = 0n;
    for (const other of others) met |= masks[other] ?? 0n;
    if (met === all) kept = others;
  }
  return kept;
}

function countOf(mask: bigint): number {
  let count = 0;
  for (let rest = mask; rest !== 0n; rest &= rest - 1n) count += 1;
  return count;
}
