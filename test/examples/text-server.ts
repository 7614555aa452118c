/** Owns: what `nc -lk` is to a user: a TCP port on 127.0.0.1 on which a test types lines. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

export class TextServer {
  readonly port: number;
  readonly #server: Server;
  readonly #waiting: Socket[] = [];
  readonly #sockets = new Set<Socket>();
  #changed: () => void = () => {};

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => {
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
      this.#sockets.add(socket);
      this.#waiting.push(socket);
      this.#changed();
    });
  }

  static async listen(): Promise<TextServer> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TextServer(server);
  }

  /** The next connection, when it is there: text is written into it, and `end` closes it. */
  async connection(): Promise<Socket> {
    for (;;) {
      const socket = this.#waiting.shift();
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
