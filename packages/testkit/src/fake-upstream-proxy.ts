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

export interface FakeProxyOptions {
  /** Every other credential is answered with 407. */
  authorization?: string;
  /** Ports on 127.0.0.1 that stand for hosts elsewhere, by host name. */
  hosts?: Readonly<Record<string, number>>;
}

/** Starts a proxy. */
export async function createFakeProxy(options: FakeProxyOptions = {}): Promise<FakeProxy> {
  const { hosts = {} } = options;
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
    if (allowed(request)) forward(request, response, hosts);
    else response.writeHead(407, { "proxy-authenticate": "Basic" }).end();
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    if (allowed(request)) tunnel(request, socket, hosts);
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

type Hosts = Readonly<Record<string, number>>;

function placeOf(url: URL, hosts: Hosts): { host: string; port: number } {
  const port = hosts[url.hostname];
  return port === undefined
    ? { host: url.hostname, port: Number(url.port || 80) }
    : { host: "127.0.0.1", port };
}

function forward(request: IncomingMessage, response: ServerResponse, hosts: Hosts): void {
  const { "proxy-authorization": _credential, "proxy-connection": _connection, ...headers } = request.headers;
  const url = new URL(request.url ?? "");
  const options = { ...placeOf(url, hosts), path: `${url.pathname}${url.search}`, headers };
  const onward = httpRequest({ ...options, method: request.method ?? "GET" }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

function tunnel(request: IncomingMessage, socket: Socket, hosts: Hosts): void {
  const target = new URL(`http://${request.url}`);
  const onward = connect(placeOf(target, hosts), () => {
    socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
    onward.pipe(socket);
    socket.pipe(onward);
  });
  onward.on("error", () => socket.destroy());
  onward.on("close", () => socket.destroy());
  socket.on("close", () => onward.destroy());
}
