import { readFile } from "node:fs/promises";
import { createApi, serverUrl } from "./api.ts";
import type { Api } from "./api.ts";
import type { ClientIo } from "./client-io.ts";
import { textOption } from "./command.ts";
import type { OptionValues } from "./command.ts";
import { credentialsPath, readCredentials } from "./credentials-file.ts";
import { CommandFailure, EXIT } from "./failure.ts";

const LOCAL_SERVER = "http://127.0.0.1:4873";

/**
 * Finds server and token: options, then `ENTREPOT_SERVER`, `ENTREPOT_TOKEN` and `ENTREPOT_TOKEN_FILE`, then
 * what
 * `entrepot login` stored. A stored token goes to the server it was stored for and no other.
 */
export async function connect(io: ClientIo, options: OptionValues): Promise<Api> {
  const stored = await readCredentials(credentialsPath(io));
  const named = textOption(options, "server") ?? (io.env["ENTREPOT_SERVER"] || undefined);
  const server = serverUrl(named ?? stored.defaultServer ?? LOCAL_SERVER);
  const token = (await givenToken(io, options)) ?? stored.servers[server]?.token ?? null;
  return createApi({ server, token, fetch: io.fetch });
}

async function givenToken(io: ClientIo, options: OptionValues): Promise<string | null> {
  const text = textOption(options, "token") ?? (io.env["ENTREPOT_TOKEN"] || undefined);
  if (text !== undefined) return text;
  const { ENTREPOT_TOKEN_FILE: path } = io.env;
  if (path === undefined || path === "") return null;
  try {
    return (await readFile(path, "utf8")).trim();
  } catch (error) {
    throw new CommandFailure(EXIT.refused, `The token file ${path} cannot be read.`, { cause: error });
  }
}
