import { beforeEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { closeAll, SOURCE, withAda } from "./identity-fixture.ts";

const actor = systemActor("test");

describeOnEachDatabase("signing up", (databases) => {
  beforeEach(() => databases.afterwards(closeAll));

  it("hashes nothing for a name that is taken", async () => {
    const { identity, hashed } = await withAda(await databases.open());
    const { code } = await identity.invitations.create({ email: null, role: "developer", actor });
    const before = hashed();
    const given = { name: "ADA", password: "long enough", email: null, ...SOURCE };
    for (const way of [
      { allowed: "open", code: null },
      { allowed: "invitation", code },
    ] as const) {
      await expect(identity.signUp({ ...given, ...way })).rejects.toMatchObject({ code: "name-taken" });
    }
    expect(hashed()).toBe(before);
    await identity.signUp({ ...given, name: "grace", allowed: "invitation", code });
    expect(hashed()).toBe(before + 1);
  });
});
