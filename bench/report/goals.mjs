/**
 * What Entrepot wants to reach, by row. `against` names the column that the ratio is taken to ("own" is the
 * row's own comparison); without it the bound is on the value itself, in the row's unit.
 *
 * @typedef {{ against?: string, atLeast?: number, atMost?: number }} Goal
 */

const HOT = [{ against: "node-http", atLeast: 0.9 }];
const EXPRESS = [...HOT, { against: "verdaccio", atLeast: 100 }];
const LARGE_TARBALL = [{ against: "nginx", atLeast: 0.5 }];
const WITH_TOKEN = [{ against: "own", atLeast: 0.95 }];
const FIREWALL_ON = [{ against: "own", atLeast: 0.9 }];
const FLAT = [{ against: "own", atMost: 1.15 }];

/** @type {Record<string, Goal[]>} */
const GOALS = {
  "packuments.small": HOT,
  "packuments.express-abbreviated": EXPRESS,
  "packuments.express-full": EXPRESS,
  "packuments.typescript-full": HOT,
  "packuments.not-modified": HOT,
  "tarballs.5k": HOT,
  "tarballs.30k": HOT,
  "tarballs.300k": LARGE_TARBALL,
  "tarballs.1m": LARGE_TARBALL,
  "token.small": WITH_TOKEN,
  "token.express-full": WITH_TOKEN,
  "token.tarball-5k": WITH_TOKEN,
  "firewall.small": FIREWALL_ON,
  "firewall.express-abbreviated": FIREWALL_ON,
  "firewall.express-full": FIREWALL_ON,
  "firewall.typescript-full": FIREWALL_ON,
  "firewall.tarball-5k": FIREWALL_ON,
  "large-document.warm": [{ atMost: 150 }],
  "large-document.warm-loop": [{ atMost: 20 }],
  "large-document.cold": [{ atMost: 1000 }],
  "large-document.cold-loop": [{ atMost: 20 }],
  "single-flight.document": [{ atMost: 1 }],
  "single-flight.tarball": [{ atMost: 1 }],
  "replay.cold": [{ against: "direct", atMost: 1.35 }],
  "replay.warm": [{ against: "direct", atMost: 1 }],
  "replay.warm-p99": [{ atMost: 15 }],
  "publish.versions": [{ atMost: 1000 }],
  "publish.packages": [{ atLeast: 500 }],
  "publish-large.peak": [{ atMost: 350 }],
  "publish-large.ping": [{ atMost: 20 }],
  "start.empty": [{ atMost: 500 }],
  "start.empty-memory": [{ atMost: 120 }],
  "start.filled": [{ atMost: 500 }],
  "start.filled-memory": [{ atMost: 120 }],
  "distinct-reads.rest": [{ atMost: 300 }],
  "policy-change.effective": [{ atMost: 1000 }],
  "policy-change.ping": [{ atMost: 20 }],
  "growth.publish": FLAT,
  "growth.read": FLAT,
  "registries.publish": FLAT,
  "registries.read": FLAT,
  "guessing.one": [{ against: "own", atMost: 2 }],
  "guessing.many": [{ against: "own", atMost: 2 }],
  "growth.search": [{ atMost: 10 }],
  "real-install.cold": [{ against: "direct", atMost: 1.15 }],
};

/** The goals of a row; none for one that is only watched. @returns {Goal[]} */
export function goalsOf(rowId) {
  return GOALS[rowId] ?? [];
}
