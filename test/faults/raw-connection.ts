import { connect, type Socket } from "node:net";

/** A connection on which a test decides what goes when and how fast it reads. */
export interface RawConnection {
  readonly socket: Socket;
  write(text: string | Uint8Array): void;
  /** Everything that came so far. */
  received(): Buffer;
  /** Resolves when the other side has closed it. */
  readonly closed: Promise<void>;
}

/** Opens a connection. */
export async function openConnection(origin: string): Promise<RawConnection> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port) });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
  });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    // A reset closes too.
    socket.on("error", () => undefined);
  });
  return {
    socket,
    closed,
    write: (text) => void socket.write(text),
    received: () => Buffer.concat(chunks),
  };
}

/** Status and body of the one answer in `bytes`; null while it is not complete. */
export function parseAnswer(bytes: Buffer): { status: number; body: Buffer } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const head = bytes.subarray(0, headEnd).toString("latin1");
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  const body = bytes.subarray(headEnd + 4);
  if (body.length < length) return null;
  return { status: Number(head.split(" ")[1]), body };
}
