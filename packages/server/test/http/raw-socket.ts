import { connect, type Socket } from "node:net";

/** A connection over which a test sends exactly the bytes that it wants to. */
export interface RawSocket {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** Everything received so far. */
  received(): string;
  /** Resolves with what was received as soon as it fits; rejects when the connection closes before. */
  until(fits: (received: string) => boolean): Promise<string>;
  /** Resolves with what was received when the other side has closed or reset. */
  closed(): Promise<string>;
  end(): void;
}

/** Opens a connection to the host and port of a URL. */
export async function openSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: Buffer[] = [];
  const waiting = new Set<() => void>();
  const received = (): string => Buffer.concat(chunks).toString("latin1");
  const wake = (): void => {
    for (const look of waiting) look();
  };
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  // A reset is one of the ways in which a server closes; `closed` tells.
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  void closed.then(wake);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));

  function until(fits: (received: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const text = received();
        if (!fits(text) && !socket.closed) return;
        waiting.delete(look);
        if (fits(text)) resolve(text);
        else reject(new Error(`the connection closed after: ${JSON.stringify(text)}`));
      };
      waiting.add(look);
      look();
    });
  }

  return {
    socket,
    send: (text) => void socket.write(text),
    received,
    until,
    closed: async () => {
      await closed;
      return received();
    },
    end: () => void socket.destroy(),
  };
}

/** Statuses of the answers in a stream of bytes, in order. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}

/** Sends one request and gives everything that came until the server closed the connection. */
export async function exchange(url: string, text: string | Uint8Array): Promise<string> {
  const socket = await openSocket(url);
  socket.send(text);
  return await socket.closed();
}
