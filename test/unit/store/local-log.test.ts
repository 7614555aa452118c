import { describe, expect, test } from "vitest";
import { LocalLog } from "../../../src/store/local-log.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A file whose calls wait until they are let go, and that tells what was called. */
function slowFile() {
  const calls: string[] = [];
  const waiting: { does: string; resolve: () => void; reject: (error: Error) => void }[] = [];
  const call = (does: string): Promise<void> => {
    calls.push(does);
    return new Promise((resolve, reject) => waiting.push({ does, resolve, reject }));
  };
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    calls,
    file: {
      append: (chunk: Uint8Array) => call(`append ${Buffer.from(chunk).toString()}`),
      sync: () => call("sync"),
      close: () => call("close"),
    },
    syncName: () => call("syncName"),
    /** Lets the oldest call end. */
    async end(error?: Error): Promise<void> {
      await turn();
      const next = waiting.shift();
      if (next === undefined) throw new Error("nothing waits");
      if (error === undefined) next.resolve();
      else next.reject(error);
      await turn();
    },
  };
}

function logOn(slow: ReturnType<typeof slowFile>) {
  const synced: number[] = [];
  const log = new LocalLog({
    name: "log",
    file: slow.file,
    syncName: slow.syncName,
    failure: (thrown) => new Error("failed", { cause: thrown }),
    synced: (byteCount) => synced.push(byteCount),
    closed: () => synced.push(-1),
  });
  return { log, synced };
}

describe("LocalLog", () => {
  test("appends one after the other", async () => {
    const slow = slowFile();
    const { log } = logOn(slow);
    const appends = [log.append(bytes("a")), log.append(bytes("b"))];
    await slow.end();
    await slow.end();
    expect(slow.calls).toEqual(["append a", "append b"]);
    await Promise.all(appends);
    expect(log.byteCount).toBe(2);
  });

  test("syncs behind what was appended, and lets what comes later be appended meanwhile", async () => {
    const slow = slowFile();
    const { log, synced } = logOn(slow);
    const appending = log.append(bytes("a"));
    const syncing = log.sync();
    const later = log.append(bytes("bc"));
    await slow.end();
    await appending;
    expect(slow.calls).toEqual(["append a", "append bc", "sync"]);
    await slow.end();
    await later;
    await slow.end();
    await slow.end();
    await syncing;
    expect(slow.calls.slice(3)).toEqual(["syncName"]);
    // No more than was there when the sync began.
    expect(synced).toEqual([1]);
  });

  test("syncs its name once, and one sync at a time", async () => {
    const slow = slowFile();
    const { log, synced } = logOn(slow);
    const syncs = [log.sync(), log.sync()];
    await slow.end();
    expect(slow.calls).toEqual(["sync", "syncName"]);
    await slow.end();
    await slow.end();
    await Promise.all(syncs);
    expect(slow.calls).toEqual(["sync", "syncName", "sync"]);
    expect(synced).toEqual([0, 0]);
  });

  test.each(["append", "sync", "syncName"])(
    "after a failed %s everything that waits and comes later rejects with that failure, and touches nothing",
    async (failing) => {
      const slow = slowFile();
      const { log } = logOn(slow);
      const steps = [log.append(bytes("a")), log.sync(), log.sync()];
      const settled = Promise.allSettled(steps);
      const before = ["append", "sync", "syncName"].indexOf(failing);
      for (let index = 0; index < before; index++) await slow.end();
      const reason = new Error("EIO");
      await slow.end(reason);
      const failed = (await settled).filter(({ status }) => status === "rejected");
      expect(failed).toHaveLength(failing === "append" ? 3 : 2);
      const called = slow.calls.length;
      for (const step of [log.append(bytes("x")), log.sync()]) {
        await expect(step).rejects.toMatchObject({ message: "failed", cause: reason });
      }
      expect(slow.calls).toHaveLength(called);
    },
  );

  test("closes once, behind what is under way, and takes nothing then", async () => {
    const slow = slowFile();
    const { log, synced } = logOn(slow);
    const appending = log.append(bytes("a"));
    const closings = [log.close(), log.close()];
    await slow.end();
    await appending;
    await slow.end();
    await Promise.all(closings);
    expect(slow.calls).toEqual(["append a", "close"]);
    expect(synced).toEqual([-1]);
    await expect(log.append(bytes("b"))).rejects.toThrow("failed");
  });

  test("tells when closing has failed", async () => {
    const slow = slowFile();
    const { log } = logOn(slow);
    const [closing] = await Promise.allSettled([log.close(), slow.end(new Error("EIO"))]);
    expect(closing).toMatchObject({ status: "rejected", reason: { message: "failed" } });
  });
});
