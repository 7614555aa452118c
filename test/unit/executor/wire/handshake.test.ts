import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { Settlement, StreamError, silentLogger, systemClock } from "../../../../src/base/index.ts";
import {
  addressBase,
  addressOf,
  connectChannel,
  type Hello,
  listenForChannels,
  MethodTable,
  openSocketDirectory,
} from "../../../../src/executor/wire/index.ts";
import { ManualClock } from "../../../../src/testing/index.ts";

const logger = silentLogger;

async function listening(clock = systemClock, admitted: (hello: Hello) => void = () => {}) {
  const directory = await openSocketDirectory(process.platform, [tmpdir()]);
  const address = addressOf(addressBase(directory), "driver");
  const methods = new MethodTable();
  methods.add({ echo: (value, { from }) => [from, value] });
  const listener = await listenForChannels({
    address,
    token: "secret",
    clock,
    logger,
    admit: (hello) => {
      admitted(hello);
      if (hello["fingerprint"] !== "same") throw new StreamError("fingerprint_differs", {});
      return {
        remote: String(hello["id"]),
        methods,
        opened: (channel) => channel.notify("tell", "welcome"),
      };
    },
  });
  onTestFinished(async () => {
    await listener.close();
    await directory.remove();
  });
  return { address, directory, listener };
}

function connecting(address: string, token: string, hello: Hello, tell = (_value: unknown) => {}) {
  const methods = new MethodTable();
  methods.add({ tell });
  return connectChannel({ address, token, hello, remote: "driver", methods, logger });
}

describe("a connection", () => {
  test("with the token is let in, and both sides may speak at once", async () => {
    const { address } = await listening();
    const told = new Settlement();
    const hello = { id: "executor-1", fingerprint: "same" };
    const channel = await connecting(address, "secret", hello, (value) => {
      expect(value).toBe("welcome");
      told.resolve();
    });
    expect(await channel.request("echo", 1)).toEqual(["executor-1", 1]);
    await told.promise;
    channel.close();
  });

  test("that is not let in learns why", async () => {
    const { address } = await listening();
    await expect(connecting(address, "secret", { fingerprint: "other" })).rejects.toMatchObject({
      code: "fingerprint_differs",
    });
  });

  test("without the token learns nothing", async () => {
    let asked = 0;
    const { address } = await listening(systemClock, () => {
      asked += 1;
    });
    await expect(connecting(address, "guess", { fingerprint: "same" })).rejects.toMatchObject({
      code: "connection_refused",
    });
    expect(asked).toBe(0);
  });

  test("to nobody fails with connection_refused", async () => {
    const { address, directory } = await listening();
    await directory.remove();
    await expect(connecting(address, "secret", {})).rejects.toMatchObject({
      code: "connection_refused",
      details: { address },
    });
  });

  test("that sends garbage is closed without an answer", async () => {
    const { address } = await listening();
    const socket = connect(address);
    socket.write("GET / HTTP/1.1\r\n\r\n");
    let answered = 0;
    socket.on("data", (bytes) => {
      answered += bytes.length;
    });
    await once(socket, "close");
    expect(answered).toBe(0);
  });

  test("that says nothing is closed after a while", async () => {
    const clock = new ManualClock();
    const { address } = await listening(clock);
    const socket = connect(address);
    await once(socket, "connect");
    while (clock.pendingTimers === 0) await clock.yieldToEventLoop();
    const closed = once(socket.resume(), "close");
    await clock.advance(10_000);
    await closed;
  });
});

describe("the directory of sockets", () => {
  test("is for this user alone, and goes with all that is in it", async () => {
    const { address, directory } = await listening();
    const { path } = directory;
    if (path === undefined) return;
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(existsSync(address)).toBe(true);
    await directory.remove();
    expect(existsSync(path)).toBe(false);
  });

  test("is made where a socket's path is short enough, and refused where it is nowhere", async () => {
    const short = mkdtempSync(join(tmpdir(), "s-"));
    onTestFinished(() => rmSync(short, { recursive: true }));
    const long = join(tmpdir(), "x".repeat(90));
    const directory = await openSocketDirectory("linux", [long, short]);
    expect(directory.path?.startsWith(short)).toBe(true);
    await expect(openSocketDirectory("linux", [long])).rejects.toMatchObject({
      code: "socket_path_too_long",
    });
  });

  test("is a name of a pipe on Windows", async () => {
    const directory = await openSocketDirectory("win32", []);
    expect(addressOf(addressBase(directory), "driver")).toMatch(
      /^\\\\\.\\pipe\\millrace-.*-driver$/,
    );
    await directory.remove();
  });
});
