import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClientIo } from "./client-io.ts";
import { CommandFailure, EXIT } from "./failure.ts";

/** What logins have left: tokens by server, and the server that is used when none is named. */
export interface StoredCredentials {
  version: 1;
  defaultServer: string | null;
  servers: Record<string, { user: string; token: string }>;
}

/** Where credentials are kept: below `XDG_CONFIG_HOME`, else `~/.config`. */
export function credentialsPath(io: Pick<ClientIo, "env" | "homeFolder">): string {
  const { XDG_CONFIG_HOME: named } = io.env;
  const folder = named === undefined || named === "" ? join(io.homeFolder, ".config") : named;
  return join(folder, "entrepot", "credentials.json");
}

/** Reads the credentials; none when there is no file. Ends the command when the file is damaged. */
export async function readCredentials(path: string): Promise<StoredCredentials> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(path, error);
    return { version: 1, defaultServer: null, servers: {} };
  }
  try {
    const stored: unknown = JSON.parse(text);
    if (isStored(stored)) return stored;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw unusable(path);
}

function isStored(value: unknown): value is StoredCredentials {
  if (typeof value !== "object" || value === null) return false;
  const { version, servers } = value as Partial<StoredCredentials>;
  return version === 1 && typeof servers === "object" && servers !== null;
}

/** Writes the credentials, readable by their owner only; a reader sees the old file or the new one. */
export async function writeCredentials(path: string, stored: StoredCredentials): Promise<void> {
  const draft = `${path}.${process.pid}.new`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    await chmod(draft, 0o600);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw unusable(path, error);
  }
}

function unusable(path: string, cause?: unknown): CommandFailure {
  const why = (cause as NodeJS.ErrnoException | undefined)?.code ?? "not what entrepot login writes";
  return new CommandFailure(EXIT.refused, `${path} cannot be used: ${why}. Repair or remove it.`, { cause });
}
