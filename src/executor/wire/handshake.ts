/**
 * Owns: how a connection begins: who connects shows the token and says who it is, who listens lets it in or says why not.
 * Does not own: what is said afterwards (channel.ts), what is asked of who connects (the caller's `admit`).
 *
 * I1. Before the token was shown nothing is decoded but one frame of at most `helloBytesMax`, and nothing is answered.
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Clock, type Logger, StreamError } from "../../base/index.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { decodeError, encodeError } from "./error-form.ts";
import { type Frame, frameKind } from "./frame-format.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import { decodeMessage, encodeMessage } from "./message-format.ts";

/** What a process says of itself when it connects. */
export type Hello = Readonly<Record<string, unknown>>;

const helloBytesMax = 64 * 1024;
/** How long a connection may take to say who it is. */
export const helloLimitMs = 10_000;

export interface ConnectOptions extends ChannelOptions {
  readonly address: string;
  readonly token: string;
  readonly hello: Hello;
}

/**
 * Connects, and resolves when it was let in. Rejects with `connection_refused` where nobody listens or the other end
 * closes, and with the error that the other end gives for not letting it in.
 */
export async function connectChannel(options: ConnectOptions): Promise<Channel> {
  const { address, token, hello } = options;
  const socket = connect(address);
  const refused = (cause: unknown) => new StreamError("connection_refused", { address }, { cause });
  try {
    const first = firstFrame(socket);
    new FrameWriter(socket).send(frameKind.request, 0, encodeMessage({ token, hello }));
    const { kind, payload } = await first;
    if (kind === frameKind.failure) throw decodeError(payload);
  } catch (error) {
    socket.destroy();
    throw error instanceof StreamError ? error : refused(error);
  }
  return new Channel(socket, options);
}

/** Whom to let in, and what it may ask. */
export interface Admission extends Omit<ChannelOptions, "logger"> {
  /** Called with its channel before anything of it is read. */
  readonly opened: (channel: Channel) => void;
}

export interface ListenOptions {
  readonly address: string;
  readonly token: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lets in, or throws what who connects is told. */
  readonly admit: (hello: Hello) => Admission;
}

/** Where channels are waited for. */
export interface Listener {
  /** Lets nobody in any more; channels that are open stay. */
  close(): Promise<void>;
}

/** Waits for channels; resolves when others can connect. */
export async function listenForChannels(options: ListenOptions): Promise<Listener> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket);
    void letIn(socket, options).finally(() => waiting.delete(socket));
  });
  await listening(server, options.address);
  return {
    close: () =>
      new Promise((resolve) => {
        // Channels keep a server from closing, so its end is not waited for.
        server.close();
        for (const socket of waiting) socket.destroy();
        resolve();
      }),
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function letIn(socket: Socket, options: ListenOptions): Promise<void> {
  const { clock, token, logger, admit } = options;
  const tooLate = clock.setTimer(helloLimitMs, () => void socket.destroy());
  try {
    const { payload } = await firstFrame(socket);
    const message = decodeMessage(payload);
    if (!isHello(message) || !isSame(message.token, token)) {
      throw new StreamError("channel_damaged", { reason: "a connection without the token" });
    }
    welcome(socket, message.hello, admit, logger);
  } catch (error) {
    logger.warn("a connection was not let in", error);
    socket.destroy();
  } finally {
    tooLate.cancel();
  }
}

function welcome(
  socket: Socket,
  hello: Hello,
  admit: ListenOptions["admit"],
  logger: Logger,
): void {
  const writer = new FrameWriter(socket);
  let admission: Admission;
  try {
    admission = admit(hello);
  } catch (error) {
    writer.send(frameKind.failure, 0, [encodeError(error)]);
    socket.end();
    return;
  }
  writer.send(frameKind.answer, 0, encodeMessage(undefined));
  admission.opened(new Channel(socket, { ...admission, logger }));
}

/** The first frame of a connection; what came behind it is put back. Rejects when the connection ends before. */
function firstFrame(socket: Socket): Promise<Frame> {
  const reader = new FrameReader(() => helloBytesMax);
  return new Promise((resolve, reject) => {
    const stop = () => {
      socket.off("data", read).off("error", fail).off("close", closed);
      // Whoever comes next reads on.
      socket.pause();
    };
    const fail = (error: unknown) => {
      stop();
      // An error may still come for a socket that nobody listens to any more.
      socket.on("error", () => {});
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const closed = () => fail(new Error("the other end closed it"));
    const read = (chunk: Buffer) => {
      try {
        const { value: frame } = reader.read(chunk).next();
        if (frame === undefined) return;
        stop();
        const rest = reader.rest();
        if (rest.length > 0) socket.unshift(rest);
        resolve(frame);
      } catch (error) {
        fail(error);
      }
    };
    socket.on("data", read).on("error", fail).on("close", closed);
  });
}

function isHello(message: unknown): message is { token: string; hello: Hello } {
  if (typeof message !== "object" || message === null) return false;
  const { token, hello } = message as Record<string, unknown>;
  return typeof token === "string" && typeof hello === "object" && hello !== null;
}

function isSame(shown: string, token: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
