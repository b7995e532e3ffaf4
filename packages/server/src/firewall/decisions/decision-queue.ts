import type { Asker, Decided, WaitingDecision } from "./decision.ts";

/** Askers of one decision that are told apart while it waits; of more the counts are kept in several places. */
const KIN_MAX = 8;

/** Decisions that wait to be written, the same one by the same asker counted up. */
export interface DecisionQueue {
  /** False when there is no room. */
  add(decided: Decided, asker: Asker): boolean;
  /** Takes everything out, in order. */
  take(): WaitingDecision[];
  /** Puts back what was not written, as far as there is room; gives how many found none. */
  giveBack(decisions: readonly WaitingDecision[]): number;
}

/** Makes a queue for so many. */
export function createDecisionQueue(sizeMax: number): DecisionQueue {
  let waiting: WaitingDecision[] = [];
  let kin = new Map<Decided, WaitingDecision[]>();

  function kinOf(decided: Decided): WaitingDecision[] {
    let found = kin.get(decided);
    if (found === undefined) {
      found = [];
      kin.set(decided, found);
    }
    return found;
  }

  return {
    add(decided, asker) {
      const alike = kinOf(decided);
      for (const one of alike) {
        if (isSame(one.asker, asker)) {
          one.count += 1;
          return true;
        }
      }
      if (waiting.length >= sizeMax) return false;
      const decision = { decided, asker, count: 1 };
      waiting.push(decision);
      if (alike.length === KIN_MAX) alike.shift();
      alike.push(decision);
      return true;
    },
    take() {
      const taken = waiting;
      waiting = [];
      kin = new Map();
      return taken;
    },
    giveBack(decisions) {
      const room = Math.max(0, sizeMax - waiting.length);
      waiting = [...decisions.slice(0, room), ...waiting];
      return Math.max(0, decisions.length - room);
    },
  };
}

function isSame(one: Asker, other: Asker): boolean {
  return (
    one.principal === other.principal &&
    one.credential === other.credential &&
    one.address === other.address &&
    one.client === other.client &&
    one.project === other.project
  );
}
