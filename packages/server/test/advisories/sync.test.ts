import { expect, it } from "vitest";
import { advisoryScene } from "./advisory-scene.ts";

it("takes a zip over and knows what it says", async () => {
  const { feed, advisories, sync } = await advisoryScene();
  feed.put(
    {
      id: "GHSA-aaaa-bbbb-cccc",
      affects: { left: ["1.0.0"], __proto__: null } as never,
      aliases: ["CVE-2026-0001"],
    },
    { id: "MAL-2026-1", affects: { ["constructor"]: null } },
  );
  const { epoch, failed } = await sync();
  expect([...failed]).toEqual([]);
  expect(epoch).toMatchObject({ origin: "sync", advisories: 2 });
  expect(advisories.of("left").map(({ id }) => id)).toEqual(["GHSA-aaaa-bbbb-cccc"]);
  expect(advisories.of("constructor").map(({ kind }) => kind)).toEqual(["malware"]);
  expect(advisories.of("toString")).toEqual([]);
  expect(advisories.find("CVE-2026-0001").map(({ packages }) => packages.map(({ name }) => name))).toEqual([
    ["left"],
  ]);
});
