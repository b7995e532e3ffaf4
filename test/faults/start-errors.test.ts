import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  makeFolder,
  removeFolder,
  runCommand,
  type CommandResult,
  type LaunchOptions,
} from "./server-process.ts";
import { hasSmallDisks, mountSmallDisk, type SmallDisk } from "./small-disk.ts";

/** The user that owns nothing. */
const NOBODY = 65_534;

let folder: string;
let disk: SmallDisk | null;

beforeEach(async () => {
  folder = await makeFolder();
  disk = null;
});

afterEach(async () => {
  await disk?.unmount();
  await removeFolder(folder);
});

async function failedStart(
  options: Partial<LaunchOptions>,
  args: readonly string[] = [],
): Promise<CommandResult> {
  const result = await runCommand(["serve", ...args], { data: join(folder, "data"), ...options });
  // A person reads this: a sentence, not a stack trace.
  expect(result.stderr).toMatch(/^entrepot: /);
  expect(result.stderr).not.toMatch(/\n\s+at |node:internal/);
  return result;
}

test("a port in use ends the start and says which port and what to do", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await failedStart({ env: { ENTREPOT_PORT: String(port) } });
  await new Promise((resolve) => other.close(resolve));
  expect(code).toBe(1);
  expect(stderr).toContain(`port ${port} of 127.0.0.1 is in use`);
  expect(stderr).toContain("ENTREPOT_PORT");
});

test("an address that this machine does not have ends the start", async () => {
  // From the block for documentation, which nobody has.
  const { code, stderr } = await failedStart({ env: { ENTREPOT_HOST: "203.0.113.7" } });
  expect(code).toBe(1);
  expect(stderr).toContain("no address 203.0.113.7");
});

test("a bad configuration file ends the start with 2 and names the key and the nearest known one", async () => {
  const file = join(folder, "entrepot.yaml");
  await writeFile(file, "prot: 4873\nlimits:\n  publishBytesMaxx: 1\nupstreamFreshSeconds: soon\n");
  const { code, stderr } = await failedStart({ env: { ENTREPOT_CONFIG: file } });
  expect(code).toBe(2);
  expect(stderr).toContain("prot: no such key; did you mean port?");
  expect(stderr).toContain("limits.publishBytesMaxx: no such key; did you mean limits.publishBytesMax?");
  expect(stderr).toContain("upstreamFreshSeconds");
});

test("an unknown variable or option ends the start with 2 and gives the nearest name", async () => {
  const variable = await failedStart({ env: { ENTREPOT_ADMIN_PASWORD: "secret" } });
  expect(variable.code).toBe(2);
  expect(variable.stderr).toContain("did you mean ENTREPOT_ADMIN_PASSWORD?");
  expect(variable.stderr).not.toContain("secret");
  const option = await failedStart({}, ["--anonymous-raed"]);
  expect(option.code).toBe(2);
  expect(option.stderr).toContain("did you mean --anonymous-read?");
});

test("a data folder that is a file, or below one, ends the start and is named", async () => {
  const file = join(folder, "file");
  await writeFile(file, "");
  for (const data of [file, join(file, "below")]) {
    const { code, stderr } = await failedStart({ data });
    expect(code).toBe(1);
    expect(stderr).toContain(`The data folder ${data} cannot be used`);
  }
});

test("a data folder on a read-only file system ends the start and says so", async (context) => {
  context.skip(!hasSmallDisks(), "needs root to mount a tmpfs; run the tests in a container as root");
  disk = await mountSmallDisk(folder, { sizeMib: 4 });
  const data = join(disk.path, "data");
  await mkdir(data);
  await disk.makeReadOnly();
  for (const path of [data, join(disk.path, "new")]) {
    const { code, stderr } = await failedStart({ data: path });
    expect(code).toBe(1);
    expect(stderr).toContain(path);
    expect(stderr).toContain("read-only");
  }
});

test("a data folder that belongs to someone else ends the start and says so", async (context) => {
  context.skip(
    process.getuid?.() !== 0,
    "needs root to run the server as another user; run the tests in a container as root",
  );
  const data = join(folder, "data");
  await mkdir(data);
  await chown(data, 0, 0);
  await chmod(data, 0o755);
  await chmod(folder, 0o755);
  const { code, stderr } = await failedStart({ data, uid: NOBODY, cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toContain(`The data folder ${data} cannot be used: this user may not write there`);
});

test("a database or key that is none ends the start and is left as it is", async () => {
  const data = join(folder, "data");
  await mkdir(data);
  await writeFile(join(data, "entrepot.db"), Buffer.alloc(8192, "no database "));
  const database = await failedStart({});
  expect([database.code, database.stderr]).toEqual([1, expect.stringContaining("not a database")]);

  const other = join(folder, "other");
  await mkdir(other);
  await writeFile(join(other, "secret.key"), "no key\n");
  const key = await failedStart({ data: other });
  expect([key.code, key.stderr]).toEqual([2, expect.stringContaining(join(other, "secret.key"))]);
});

test("a database server that is not there ends the start and keeps its password to itself", async () => {
  const url = "postgres://entrepot:hunter2@127.0.0.1:1/entrepot";
  const { code, stderr } = await failedStart({ env: { ENTREPOT_DATABASE_URL: url } });
  expect(code).toBe(1);
  expect(stderr).toContain("The database does not answer");
  expect(stderr).not.toContain("hunter2");
});

test("a mistyped admin command ends with 2 and shows how it is written", async () => {
  const { code, stderr } = await runCommand(["admin", "password", "admin", "--pasword"], { data: folder });
  expect(code).toBe(2);
  expect(stderr).toContain("--pasword");
  expect(stderr).toContain("Usage: entrepot admin");
});
