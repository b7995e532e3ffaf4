import { expect, it } from "vitest";
import { runConfigCommand } from "./print.ts";
import { configReference } from "./reference.ts";
import { NAMED_KEYS } from "./environment.ts";

function run(
  argv: string[],
  env: Record<string, string>,
  file?: string,
): { code: number; out: string; err: string } {
  let [out, err] = ["", ""];
  const code = runConfigCommand({
    argv,
    env,
    cwd: "/work",
    readFile: (path) => {
      if (file !== undefined && path === "/work/entrepot.yaml") return file;
      throw Object.assign(new Error(path), { code: "ENOENT" });
    },
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { code, out, err };
}

const SECRETS = {
  ENTREPOT_ADMIN_PASSWORD: "hunter2hunter2",
  ENTREPOT_DATABASE_URL: "postgres://ada:hunter2hunter2@db.example/x?sslpassword=hunter2hunter2",
  HTTPS_PROXY: "http://me:hunter2hunter2@proxy.example",
};
const FILE =
  "upstreams: [{ name: a, url: 'http://a.example', token: hunter2hunter2, allowedHosts: [b.example] }]";

it("prints values with where they came from and without secrets", () => {
  const { code, out } = run(["print"], SECRETS, FILE);
  expect(code).toBe(0);
  expect(out).not.toContain("hunter2");
  expect(out).toContain("port: 4873  # default\n");
  expect(out).toContain('adminPassword: "[secret]"  # ENTREPOT_ADMIN_PASSWORD\n');
  expect(out).toContain('databaseUrl: "postgres://ada:[secret]@db.example/x?sslpassword=[secret]"');
  expect(out).toContain('upstreams[0].token: "[secret]"  # /work/entrepot.yaml\n');
  expect(out).toContain('upstreams[0].allowedHosts[0]: "b.example"  # /work/entrepot.yaml\n');
});

it("prints the same as JSON", () => {
  const { out } = run(["print", "--json", "--port", "80"], SECRETS, FILE);
  const printed = JSON.parse(out) as { file: string; keys: { path: string }[] };
  expect(printed.file).toBe("/work/entrepot.yaml");
  expect(printed.keys).toContainEqual({ path: "port", value: 80, from: "--port" });
  expect(out).not.toContain("hunter2");
});

it("checks", () => {
  expect(run(["check"], {})).toEqual({ code: 0, out: "The configuration is valid (no file).\n", err: "" });
  const refused = run(["check"], { ENTREPOT_PROT: "1" });
  expect(refused.code).toBe(1);
  expect(refused.err).toContain("did you mean ENTREPOT_PORT");
  expect(JSON.parse(run(["check", "--json"], { ENTREPOT_PROT: "1" }).out)).toMatchObject({ valid: false });
  expect(run(["chek"], {}).code).toBe(2);
});

it("names every variable and option in the reference", () => {
  const page = configReference();
  for (const { variable, flag } of NAMED_KEYS) {
    if (variable !== null) expect(page).toContain(`\`${variable}\``);
    if (flag !== null) expect(page).toContain(`\`--${flag}\``);
  }
  expect(page).not.toContain("undefined");
});
