import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the fake server saw it. */
export interface SeenRequest {
  method: string;
  url: string;
  authorization: string | undefined;
  body: unknown;
}

/** What the fake server answers: a status and a body; text goes as it is, anything else as JSON. */
export interface FakeAnswer {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A server on loopback that answers as a test says. */
export interface FakeServer {
  url: string;
  seen: SeenRequest[];
  close(): Promise<void>;
}

/** Starts it; `answers` maps `METHOD /path?query` to an answer, and what is not in it is 404. */
export async function startFakeServer(answers: Readonly<Record<string, FakeAnswer>>): Promise<FakeServer> {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (text += chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      seen.push({ method, url, authorization: headers.authorization, body });
      const notFound: FakeAnswer = { status: 404, body: { error: "Not found.", code: "not-found" } };
      const answer = answers[`${method} ${url}`] ?? notFound;
      response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
      response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
