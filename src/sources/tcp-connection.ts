/**
 * Owns: one connection of a receiver to a TCP server, for one start of the receiver, and what follows from its end.
 * Does not own: what is done with the bytes (`receive`), the pause before the next connection (the receiver's restart).
 */
import { connect, type Socket } from "node:net";
import { reasonOf, StreamError } from "../base/index.ts";
import type { Receiver } from "../receiver/index.ts";

export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Throws `argument_invalid`. */
export function checkAddress({ host, port }: TcpAddress): void {
  if (typeof host !== "string" || host === "") {
    const expected = "the name or address of a host";
    throw new StreamError("argument_invalid", { argument: "host", value: host, expected });
  }
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    const expected = "a whole number from 1 to 65535";
    throw new StreamError("argument_invalid", { argument: "port", value: port, expected });
  }
}

/** An error of Millrace's own is about what came over the connection, which was fine. */
function reasonToEnd(error: unknown, address: string): string {
  if (!(error instanceof StreamError)) return `the connection to ${address} failed`;
  return `the connection to ${address} was given up: ${reasonOf(error)}`;
}

/** Finds out, in the end, when the other side has gone without a word. */
const keepAliveMs = 30_000;

/**
 * Connects and lets `receive` have the bytes until they end. However that ends, the receiver restarts, and so connects
 * again; unless it is being stopped, which closes the socket. While `receive` does not read, the socket is not read
 * either, and the other side has to wait.
 */
export async function receiveFrom(
  receiver: Pick<Receiver<unknown>, "restart" | "signal">,
  address: TcpAddress,
  receive: (socket: Socket) => Promise<void>,
): Promise<void> {
  const { signal } = receiver;
  const { host, port } = address;
  const socket = connect({
    host,
    port,
    signal,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
  });
  try {
    await receive(socket);
    if (!signal.aborted) receiver.restart(`the connection to ${host}:${port} was closed`);
  } catch (error) {
    if (!signal.aborted) receiver.restart(reasonToEnd(error, `${host}:${port}`), { error });
  } finally {
    socket.destroy();
  }
}
