import type { Server } from "node:http";
import type { Socket } from "node:net";

/** How often connections are looked at that have nothing more to do. */
const SWEEP_MS = 50;

/** Lets go of a server's connections in good order. */
export interface Closing {
  /** True from the call of `close` on: answers from then on end their connection. */
  readonly isClosing: boolean;
  /** Takes no new connections, waits until the last answer is out, and cuts off what takes longer than `msMax`. */
  close(msMax: number): Promise<void>;
}

/** Makes it, before the server listens. */
export function createClosing(server: Server): Closing {
  const sockets = new Set<Socket>();
  let isClosing = false;
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  // A connection that was opened ahead and never used counts as busy with node, and so would one kept alive
  // behind an answer that began before the closing.
  function sweep(): void {
    server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  async function close(msMax: number): Promise<void> {
    isClosing = true;
    const sweeping = setInterval(sweep, SWEEP_MS);
    const cutOff = setTimeout(() => server.closeAllConnections(), msMax);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      sweep();
    });
    clearInterval(sweeping);
    clearTimeout(cutOff);
  }

  return {
    get isClosing() {
      return isClosing;
    },
    close,
  };
}
