import { ADMIN_PASSWORD, startTestApp } from "@entrepot/testkit";
import { expect, it, onTestFinished } from "vitest";

it("the sessions of an owner are ended by owners, not by administrators", async () => {
  const app = await startTestApp();
  onTestFinished(() => app.close());
  const ada = await app.as("ada", "admin");
  const body = { user: "admin", password: ADMIN_PASSWORD };
  const begun = await app.request("/api/v1/session", { method: "POST", body });
  const { id } = begun.json["session"] as { id: string };
  const path = "/api/v1/users/admin/sessions";
  const one = { path: `${path}/${id}`, request: { method: "DELETE" } };
  const all = { path: `${path}/end`, request: { method: "POST", body: { tokens: true } } };
  for (const call of [one, all]) expect((await ada.request(call.path, call.request)).status).toBe(403);
  expect((await app.admin.request(path)).json["items"]).toHaveLength(1);
  expect((await app.admin.request(one.path, one.request)).status).toBe(204);

  const absent = await ada.request("/api/v1/users/nobody/sessions/end", { method: "POST", body: {} });
  expect(absent.status).toBe(404);
});
