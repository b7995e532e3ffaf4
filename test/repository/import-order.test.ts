import { spawnSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { copyRepository, type TemporaryCopy } from "./temporary-copy.ts";

/** Left may not import right. The lint table must say the same, and these tests are how we know. */
const ORDER = [
  "config",
  "telemetry",
  "threads",
  "db",
  "blobs",
  "changes",
  "audit",
  "jobs",
  "identity",
  "upstream",
  "advisories",
  "firewall",
  "registry",
  "mail",
  "http",
];

const SETTINGS = /^([^/]+|scripts\/.*|packages\/[^/]+\/(package|tsconfig)\.json)$/;

let copy: TemporaryCopy | undefined;

afterEach(() => {
  copy?.remove();
  copy = undefined;
});

test("clean code passes, with every import that the order allows", () => {
  copy = copyWithCleanCode();
  const { status, output } = lint(copy);
  expect(output).toContain("1 passed, 0 failed");
  expect(status).toBe(0);
});

test("a lint run that reads no file is a failure", () => {
  copy = copyRepository((path) => SETTINGS.test(path));
  copy.write(".oxlintrc.json", '{ "ignorePatterns": ["**"] }');
  expect(lint(copy).status).toBe(1);
});

test("an import against the order is caught, for every pair of folders and every kind of import", () => {
  copy = copyWithCleanCode();
  const planted = new Set<string>();
  for (const [index, folder] of ORDER.entries()) {
    for (const later of ORDER.slice(index + 1)) {
      planted.add(
        plant(
          copy,
          `server/src/${folder}/to-${later}.ts`,
          `export { ${later} } from "../${later}/index.ts";`,
        ),
      );
    }
    planted.add(plant(copy, `server/src/${folder}/to-app.ts`, 'export { app } from "../app.ts";'));
    planted.add(
      plant(copy, `server/src/${folder}/to-command.ts`, 'export { serve } from "../commands/serve.ts";'),
    );
    planted.add(plant(copy, `server/src/${folder}/to-main.ts`, 'export { main } from "../main.ts";'));
  }
  planted.add(
    plant(
      copy,
      "server/src/db/by-type.ts",
      'import type { jobs } from "../jobs/index.ts";\nexport type T = typeof jobs;',
    ),
  );
  planted.add(plant(copy, "server/src/db/inline.ts", 'export type T = typeof import("../jobs/index.ts");'));
  planted.add(
    plant(copy, "server/src/db/later.ts", 'export const later = (): unknown => import("../jobs/index.ts");'),
  );
  planted.add(plant(copy, "server/src/db/unseen.test.ts", 'export { jobs } from "../jobs/index.ts";'));

  const found = offences(copy, "boundaries(dependencies)");
  expect([...planted].filter((path) => !found.has(path))).toEqual([]);
});

test.each([
  {
    what: "an import past another folder's index.ts",
    path: "server/src/http/deep.ts",
    text: 'export { inner } from "../db/inner.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "main.ts imported by what it starts",
    path: "server/src/second-run.ts",
    text: 'export { main } from "./main.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "wiring that takes a command",
    path: "server/src/second-run.ts",
    text: 'export { serve } from "./commands/serve.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "wiring past a folder's index.ts",
    path: "server/src/second-run.ts",
    text: 'export { inner } from "./db/inner.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "a file that is not there",
    path: "server/src/http/missing.ts",
    text: 'export { gone } from "../db/gone.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "a folder that has no place in the order",
    path: "server/src/extras/index.ts",
    text: "export const extras = 1;",
    rule: "boundaries(no-unknown-files)",
  },
  {
    what: "core taking a module of Node",
    path: "core/src/reads-disk.ts",
    text: 'export { readFileSync } from "node:fs";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "core taking the server",
    path: "core/src/upward.ts",
    text: 'export { app } from "entrepot";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "the server reaching into core by path",
    path: "server/src/http/by-path.ts",
    text: 'export { core } from "../../../core/src/index.ts";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "cli taking the server",
    path: "cli/src/upward.ts",
    text: 'export { app } from "entrepot";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "the console taking a module of Node",
    path: "web/src/reads-disk.ts",
    check: "console-lint",
    text: 'export { readFileSync } from "node:fs";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "the console taking the server",
    path: "web/src/upward.ts",
    check: "console-lint",
    text: 'export { app } from "entrepot";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "testkit outside tests",
    path: "server/src/http/fake.ts",
    text: 'export { fake } from "@entrepot/testkit";',
    rule: "boundaries(dependencies)",
  },
  {
    what: "a cycle",
    path: "server/src/db/ring.ts",
    text: 'import { ring as other } from "./ring-back.ts";\nexport const ring: unknown = () => other;',
    rule: "import(no-cycle)",
    with: {
      path: "server/src/db/ring-back.ts",
      text: 'import { ring as other } from "./ring.ts";\nexport const ring: unknown = () => other;',
    },
  },
  {
    what: "process.env outside config",
    path: "server/src/db/environment.ts",
    text: 'export const port: unknown = process.env["PORT"];',
    rule: "node(no-process-env)",
  },
  {
    what: "process.env taken apart",
    path: "server/src/db/environment.ts",
    text: "const { env } = process;\nexport const all: unknown = env;",
    rule: "eslint(no-restricted-properties)",
  },
  {
    what: "the environment by import",
    path: "server/src/db/environment.ts",
    text: 'import { env } from "node:process";\nexport const all: unknown = env;',
    rule: "eslint(no-restricted-imports)",
  },
  {
    what: "a default export",
    path: "server/src/db/nameless.ts",
    text: "export default 1;",
    rule: "import(no-default-export)",
  },
  {
    what: "state of a module",
    path: "server/src/db/counter.ts",
    text: "let count = 0;\nexport function next(): number {\n  return (count += 1);\n}",
    rule: "entrepot(no-module-state)",
  },
  {
    what: "a promise that nobody waits for",
    path: "server/src/db/floating.ts",
    text: "async function save(): Promise<void> {}\nexport function start(): void {\n  save();\n}",
    rule: "typescript(no-floating-promises)",
  },
  {
    what: "a function with too many parameters",
    path: "server/src/db/wide.ts",
    text: "export function wide(a: number, b: number, c: number, d: number): number {\n  return a + b + c + d;\n}",
    rule: "eslint(max-params)",
  },
])("$what is caught", ({ path, text, rule, check, with: second }) => {
  copy = copyWithCleanCode();
  const planted = plant(copy, path, text);
  if (second !== undefined) plant(copy, second.path, second.text);
  expect([...offences(copy, rule, check)]).toContain(planted);
});

function copyWithCleanCode(): TemporaryCopy {
  const clean = copyRepository((path) => SETTINGS.test(path));
  plant(clean, "core/src/index.ts", "export const core = 1;");
  plant(clean, "cli/src/index.ts", 'export { ERROR_TABLE } from "@entrepot/core";');
  plant(clean, "server/src/db/inner.ts", "export const inner = 1;");
  for (const [index, folder] of ORDER.entries()) {
    const earlier = ORDER.slice(0, index);
    const imports = earlier.map((name) => `import { ${name} } from "../${name}/index.ts";`);
    plant(
      clean,
      `server/src/${folder}/index.ts`,
      `${imports.join("\n")}\nexport const ${folder}: unknown[] = [${earlier.join()}];`,
    );
  }
  const all = ORDER.map((name) => `import { ${name} } from "./${name}/index.ts";`);
  plant(clean, "server/src/app.ts", `${all.join("\n")}\nexport const app: unknown[] = [${ORDER.join()}];`);
  plant(clean, "server/src/first-run.ts", "export const firstRun = 1;");
  plant(
    clean,
    "server/src/index.ts",
    'export { app } from "./app.ts";\nexport { firstRun } from "./first-run.ts";',
  );
  plant(
    clean,
    "server/src/commands/serve.ts",
    'export { app as serve } from "../app.ts";\nexport { config } from "../config/index.ts";',
  );
  plant(
    clean,
    "server/src/program.ts",
    'import { serve } from "./commands/serve.ts";\nexport const program: unknown = serve;',
  );
  plant(
    clean,
    "server/src/main.ts",
    'import { program } from "./program.ts";\nexport const main: unknown = program;',
  );
  plant(clean, "server/src/config/environment.ts", 'export const port: unknown = process.env["PORT"];');
  plant(
    clean,
    "server/src/http/fine.test.ts",
    'import { join } from "node:path";\nexport const fine: unknown = join;',
  );
  return clean;
}

function plant(into: TemporaryCopy, path: string, text: string): string {
  into.write(`packages/${path}`, `${text}\n`);
  return `packages/${path}`;
}

/** The very command of `npm run check`, run in the copy. */
function lint(target: TemporaryCopy, check = "lint"): { status: number | null; output: string } {
  const run = spawnSync(process.execPath, ["scripts/check.mjs", check], {
    cwd: target.folder,
    encoding: "utf8",
  });
  return { status: run.status, output: run.stdout + run.stderr };
}

/** Paths of the files in which the rule found something. Fails if the command says that all is well. */
function offences(target: TemporaryCopy, rule: string, check?: string): Set<string> {
  const { status, output } = lint(target, check);
  expect(status, output).toBe(1);
  const found = [...output.matchAll(/ ([\w-]+\([\w-]+\)): .*\n\s*(?:,-|╭─)\[([^:\]]+):/g)];
  return new Set(found.filter((match) => match[1] === rule).map((match) => match[2] ?? ""));
}
