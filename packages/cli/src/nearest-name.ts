const DISTANCE_MAX = 2;

/** Finds the known word that someone who typed `typed` most likely meant; null when none is near. */
export function nearestName(typed: string, known: readonly string[]): string | null {
  const near = known
    .map((name) => ({ name, distance: distanceOf(typed.slice(0, 50).toLowerCase(), name) }))
    // What shares no letter with a short word did not mean it.
    .filter(({ name, distance }) => distance <= DISTANCE_MAX && distance < name.length)
    .toSorted((left, right) => left.distance - right.distance);
  return near[0]?.name ?? null;
}

/** Insertions, deletions and replacements that turn one word into the other. */
function distanceOf(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const replaced = (last[column - 1] ?? 0) + (from[row - 1] === to[column - 1] ? 0 : 1);
      next.push(Math.min((last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, replaced));
    }
    last = next;
  }
  return last[to.length] ?? 0;
}
