import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("../dist/main.js", import.meta.url));

it("a command whose reader leaves ends without a word", async () => {
  // More than a pipe holds, so that the writer notices.
  const items = Array.from({ length: 20_000 }, (_, at) => ({
    name: `upstream-${at}`,
    url: "http://up.test/",
  }));
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ items, next: null }));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const options = ["--server", `http://127.0.0.1:${port}`, "--token", "t"];
  const child = spawn(process.execPath, [PROGRAM, "upstream", "list", "--json", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let complaints = "";
  child.stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = (await once(child, "close")) as [number | null];
  expect([code, complaints]).toEqual([0, ""]);
  server.closeAllConnections();
  server.close();
});
