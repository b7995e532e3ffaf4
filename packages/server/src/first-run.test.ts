import { expect, it } from "vitest";
import { newWorkspaceText } from "./first-run.ts";

it("a new workspace is announced with the ways to its administrator's password, at its own host name", () => {
  const text = newWorkspaceText(
    { name: "acme", host: "npm.acme.test", oneTimePassword: "abcde-fghij" },
    {
      url: "http://127.0.0.1:4873",
      program: "/opt/entrepot/main.js",
      config: { data: "/srv/the data", databaseUrl: "sqlite:/srv/the data/entrepot.db" },
    },
  );
  expect(text.split("\n").map((line) => line.trim())).toEqual([
    "",
    "The workspace acme is ready at the host npm.acme.test.",
    "Set a password for its admin first, with the one-time password abcde-fghij",
    "node /opt/entrepot/main.js password --server http://npm.acme.test:4873 --user admin",
    "or in a browser at http://npm.acme.test:4873/-/password",
    "It is not shown again. If it is lost, this makes another password, also while the server runs:",
    "node /opt/entrepot/main.js admin password admin --workspace acme --data '/srv/the data'",
    "",
  ]);
});
