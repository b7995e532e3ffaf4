import { beforeEach, expect, it } from "vitest";
import { systemActor } from "../../src/changes/index.ts";
import { describeOnEachDatabase } from "../db/each-database.ts";
import { closeAll, SOURCE, start, withAda } from "./identity-fixture.ts";

const actor = systemActor("test");

describeOnEachDatabase("a password", (databases) => {
  beforeEach(() => databases.afterwards(closeAll));

  it("is replaced once by all who know the same old one at the same time", async () => {
    const db = await databases.open();
    const { identity, clock } = await withAda(db);
    const other = await start(db, clock);
    const change = (who: typeof identity, newPassword: string): Promise<string> =>
      who
        .changeOwnPassword({ user: "Ada", password: "correct horse", newPassword, ...SOURCE })
        .then(() => newPassword)
        .catch((error: unknown) => String((error as { code: unknown }).code));
    const outcomes = await Promise.all([
      change(identity, "a new password 1"),
      change(identity, "a new password 2"),
      change(other.identity, "a new password 3"),
    ]);
    const done = outcomes.filter((outcome) => outcome !== "credential-invalid");
    expect(done).toHaveLength(1);
    const login = await identity.login({ user: "ada", password: String(done[0]), ...SOURCE });
    expect(login.user.name).toBe("ada");
  });
});

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
