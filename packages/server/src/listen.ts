import type { Server } from "node:http";
import { EntrepotError } from "@entrepot/core";
import type { Config } from "./config/index.ts";

/** Listens as configured and gives the address as a URL without a trailing slash. Throws `listen-failed`. */
export async function listen(server: Server, config: Config): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: Error): void => reject(listenFailed(config, cause));
    server.once("error", fail);
    server.listen(config.port, config.host, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : config.port;
  const host = config.host === "0.0.0.0" || config.host === "::" ? "localhost" : config.host;
  return config.publicUrl ?? `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function listenFailed({ host, port }: Config, cause: NodeJS.ErrnoException): EntrepotError {
  const where = `port ${port} of ${host}`;
  const texts: Readonly<Record<string, string>> = {
    EADDRINUSE: `The ${where} is in use by another program; stop that one, or choose another port with ENTREPOT_PORT or --port.`,
    EACCES: `This user may not listen on ${where}; choose a port above 1023 with ENTREPOT_PORT or --port.`,
    EADDRNOTAVAIL: `This machine has no address ${host}; choose one of its own with ENTREPOT_HOST or --host.`,
    ENOTFOUND: `The host name ${host} is unknown; choose an address of this machine with ENTREPOT_HOST or --host.`,
  };
  const message = texts[cause.code ?? ""] ?? `It is not possible to listen on ${where}: ${cause.message}.`;
  return new EntrepotError("listen-failed", { message, cause });
}
