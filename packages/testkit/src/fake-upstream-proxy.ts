import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

/** A real forward proxy on loopback: absolute-form requests for http, CONNECT for the rest. */
export interface FakeProxy {
  readonly url: string;
  /** `GET http://…` and `CONNECT host:port`, in the order they came. */
  readonly requests: string[];
  /** The `proxy-authorization` of each request. */
  readonly credentials: Array<string | undefined>;
  close(): Promise<void>;
}

/** Starts a proxy; with `authorization` it answers 407 to every other credential. */
export async function createFakeProxy(options: { authorization?: string } = {}): Promise<FakeProxy> {
  const requests: string[] = [];
  const credentials: Array<string | undefined> = [];
  const sockets = new Set<Socket>();
  const allowed = (request: IncomingMessage): boolean => {
    requests.push(`${request.method} ${request.url}`);
    credentials.push(request.headers["proxy-authorization"]);
    return (
      options.authorization === undefined || request.headers["proxy-authorization"] === options.authorization
    );
  };
  const server = createServer((request, response) => {
    if (allowed(request)) forward(request, response);
    else response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    if (allowed(request)) tunnel(request, socket);
    else socket.end("HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    credentials,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { "proxy-authorization": _credential, "proxy-connection": _connection, ...headers } = request.headers;
  const onward = httpRequest(request.url ?? "", { method: request.method ?? "GET", headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

function tunnel(request: IncomingMessage, socket: Socket): void {
  const target = new URL(`http://${request.url}`);
  const onward = connect(Number(target.port || 80), target.hostname, () => {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    onward.pipe(socket);
    socket.pipe(onward);
  });
  onward.on("error", () => socket.destroy());
  onward.on("close", () => socket.destroy());
  socket.on("close", () => onward.destroy());
}
