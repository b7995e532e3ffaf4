import { expect, test } from "vitest";
import { npm11 } from "./clients.ts";
import { setScene } from "./scene.ts";

const scene = setScene();

test("npm 11 shows and changes the profile, e-mail and password of who is logged in", async () => {
  const { token } = await scene.app.as("profiled");
  const npm = scene.start(npm11, { access: { token } });
  expect(await npm.run("profile", "set", "fullname", "Grace Hopper")).toContain(
    "Set fullname to Grace Hopper",
  );
  expect(await npm.run("profile", "set", "email", "grace@example.test")).toContain("grace@example.test");
  const shown = await npm.run("profile", "get");
  for (const text of [
    "name: profiled",
    "fullname: Grace Hopper",
    "grace@example.test",
    "two-factor auth: disabled",
  ]) {
    expect(shown).toContain(text);
  }
  expect(await npm.run("profile", "get", "email")).toBe("grace@example.test(unverified)\n");

  const own = "a password of my own";
  await npm.converse(
    ["profile", "set", "password"],
    [
      ["Current password", "the password of profiled"],
      ["New password", own],
      ["Again", own],
    ],
  );
  const body = { user: "profiled", password: own };
  expect((await scene.app.request("/api/v1/login", { method: "POST", body })).status).toBe(200);
  // The token is as good as before.
  expect(await npm.run("whoami")).toBe("profiled\n");
});

test("npm 11 is told that there are no two factors yet", async () => {
  const npm = scene.start(npm11);
  const said = await npm
    .converse(["profile", "enable-2fa", "auth-only"], [["assword", "the password of dev"]])
    .catch((error: unknown) => String(error));
  expect(said).toContain("Two-factor authentication is not offered by this server yet");
});
