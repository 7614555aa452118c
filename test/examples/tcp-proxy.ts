/** Owns: a TCP proxy on 127.0.0.1 that hands bytes on as a test says, or cuts the connection. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What becomes of bytes that the server sent: other bytes, or the end of the connection, without a word. */
export type Alter = (bytes: Buffer, connection: number) => Buffer | "cut";

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  /** A proxy in front of a port; connections are numbered from 1. */
  static async listen(port: number, alter: Alter): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new TcpProxy(server);
    let connections = 0;
    server.on("connection", (client) => {
      connections += 1;
      proxy.#join(client, connect(port, "127.0.0.1"), connections, alter);
    });
    return proxy;
  }

  #join(client: Socket, upstream: Socket, connection: number, alter: Alter): void {
    const sockets = [client, upstream];
    const cut = () => {
      for (const socket of sockets) socket.destroy();
    };
    for (const socket of sockets) {
      this.#sockets.add(socket);
      socket.on("error", cut);
      socket.once("close", () => this.#sockets.delete(socket));
    }
    client.pipe(upstream);
    upstream.on("data", (bytes) => {
      const altered = alter(bytes, connection);
      if (altered === "cut") return cut();
      if (client.write(altered)) return;
      upstream.pause();
      client.once("drain", () => upstream.resume());
    });
    upstream.once("end", () => client.end());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
