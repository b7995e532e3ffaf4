import { expect, it } from "vitest";
import { decide } from "../../src/policy/decide.ts";
import { versionClock } from "../../src/policy/version-clock.ts";
import { contextOf, DAY, factsOf, HOUR, iso, NOW, onlyRules, opinionOf } from "./fixtures.ts";

const seen = (at: number): ReadonlyMap<string, number> => new Map([["1.0.0", at]]);

it.each<[string, { published: number | null; trusted: boolean; seenAt: number | null }, unknown]>([
  [
    "the upstream's, where it is believed",
    { published: NOW - DAY, trusted: true, seenAt: NOW },
    [NOW - DAY, "published"],
  ],
  [
    "the first sight, where it is not",
    { published: NOW - DAY, trusted: false, seenAt: NOW },
    [NOW, "first seen"],
  ],
  ["the later of both", { published: NOW, trusted: false, seenAt: NOW - DAY }, [NOW, "published"]],
  [
    "the upstream's, where nobody noted the first sight",
    { published: NOW, trusted: false, seenAt: null },
    [NOW, "published"],
  ],
  [
    "the first sight, where there is no time",
    { published: null, trusted: true, seenAt: NOW },
    [NOW, "first seen"],
  ],
  ["none, where nothing is known", { published: null, trusted: true, seenAt: null }, null],
])("the clock is %s", (_which, { published, trusted, seenAt }, expected) => {
  const facts = factsOf("1.0.0", { publishedAt: published === null ? null : iso(published) });
  const clock = versionClock(facts, {
    trustsPublishTimes: trusted,
    firstSeen: seenAt === null ? new Map() : seen(seenAt),
  });
  expect(clock === null ? null : [clock.at, clock.source]).toEqual(expected);
});

it("age counts by that clock, and says which one it is", () => {
  const facts = factsOf("1.0.0", { publishedAt: iso(NOW - 2000 * DAY) });
  const rules = onlyRules({
    age: { hours: 24, firstReleaseHours: 24, newDependencyHours: 0, exempt: [], fastTrack: null },
  });
  const known = { rules, firstSeen: seen(NOW - HOUR) };
  expect(opinionOf("age", facts, { context: contextOf(known) })).toBeNull();
  expect(
    opinionOf("age", facts, { context: contextOf({ ...known, trustsPublishTimes: false }) }),
  ).toMatchObject({
    outcome: "hold",
    reason: expect.stringMatching(
      /^It was first seen on .* \(the upstream's times are not believed\)/,
    ) as string,
    evidence: { clock: "first seen", countedFrom: iso(NOW - HOUR), publishedAt: iso(NOW - 2000 * DAY) },
    until: NOW + 23 * HOUR,
  });
});

it("a frozen registry has nothing that came later, whatever exceptions and operators' words say", () => {
  const frozenAt = NOW - DAY;
  const later = factsOf("1.0.0", { publishedAt: iso(NOW - DAY + 1) });
  const exception = {
    id: "x",
    packages: "left",
    range: "*",
    rules: null,
    reason: "because",
    owner: "ada",
    approvedBy: ["ada", "ben"],
    expiresAt: null,
  };
  const allowed = { status: "allowed" as const, reason: "", setBy: "ada", setAt: 1 };
  const context = contextOf({ frozenAt, exceptions: [exception], statuses: new Map([["*", allowed]]) });
  expect(decide(later, context)).toMatchObject({ outcome: "deny", rule: "operator-status" });
  expect(decide(factsOf("1.0.0", { publishedAt: iso(frozenAt) }), context).outcome).toBe("allow");
  expect(decide({ ...later, origin: "local" }, context).outcome).toBe("allow");
  expect(decide(later, { ...context, frozenAt: null }).outcome).toBe("allow");
});
