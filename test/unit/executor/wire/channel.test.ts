import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Settlement, StreamError } from "../../../../src/base/index.ts";
import type { HandlerContext } from "../../../../src/executor/index.ts";
import {
  frameHeader,
  frameKind,
  payloadBytesMax,
} from "../../../../src/executor/wire/frame-format.ts";
import { windowBytes } from "../../../../src/executor/wire/item-inbox.ts";
import { channelPair } from "./channel-pair.ts";

const sizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const collected: unknown[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Resolves when everything that was sent in this process has arrived. */
async function arrived(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with, listened for from now on. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
}

describe("a request", () => {
  test("is answered with what belongs to it, however many are under way and the connection cuts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.anything({ withBigInt: true, withMap: true }), { maxLength: 10 }),
        sizes,
        async (values, parts) => {
          const { asking } = channelPair({ echo: (value) => value }, parts);
          const answers = await Promise.all(values.map((value) => asking.request("echo", value)));
          expect(answers).toEqual(values);
        },
      ),
    );
  });

  test("is begun there in the order in which it was made, notifications among them", async () => {
    const seen: unknown[] = [];
    const note = (value: unknown) => void seen.push(value);
    const { asking } = channelPair({ ask: note, tell: note });
    const first = asking.request("ask", 1);
    asking.notify("tell", 2);
    await Promise.all([first, asking.request("ask", 3)]);
    expect(seen).toEqual([1, 2, 3]);
  });

  test("fails with what the handler threw, and the connection goes on", async () => {
    const { asking } = channelPair({
      fail: () => {
        throw new StreamError("block_store_closed", { block: "b" });
      },
      works: () => "yes",
    });
    await expect(asking.request("fail", 1)).rejects.toMatchObject({
      code: "block_store_closed",
      details: { block: "b" },
    });
    await expect(asking.request("other", 1)).rejects.toMatchObject({ code: "method_unknown" });
    await expect(asking.request("works", () => 1)).rejects.toMatchObject({
      code: "value_unsupported",
    });
    await expect(asking.request("works", 1)).resolves.toBe("yes");
  });

  test("whose answer cannot travel fails with the reason", async () => {
    const { asking } = channelPair({
      closure: () => () => 1,
      large: () => new Uint8Array(payloadBytesMax),
    });
    await expect(asking.request("closure", 1)).rejects.toMatchObject({ code: "value_unsupported" });
    await expect(asking.request("large", 1)).rejects.toMatchObject({ code: "message_too_large" });
  });

  test("that is aborted rejects at once with the reason and aborts the handler's signal", async () => {
    const aborted = new Settlement();
    const begun = new Settlement();
    const { asking } = channelPair({
      hang: (_value, { signal }: HandlerContext) => {
        signal.addEventListener("abort", aborted.resolve);
        begun.resolve();
        return aborted.promise.then(() => "late");
      },
      echo: (value) => value,
    });
    const controller = new AbortController();
    const answer = asking.request("hang", 1, { signal: controller.signal });
    await begun.promise;
    controller.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    await aborted.promise;
    // The late answer is known to belong to a call that was given up.
    await arrived();
    await expect(asking.request("echo", 2)).resolves.toBe(2);
    await expect(asking.request("echo", 2, { signal: controller.signal })).rejects.toThrow(
      "enough",
    );
  });

  test("fails with why the connection went, found out before", async () => {
    const { asking, answering } = channelPair({ hang: () => new Promise(() => {}) });
    const answer = asking.request("hang", 1);
    const failure = failureOf(answer);
    await arrived();
    answering.close();
    expect(await failure).toMatchObject({ code: "channel_closed" });
    await expect(asking.request("hang", 1)).rejects.toMatchObject({ code: "channel_closed" });
    expect(await asking.closed).toMatchObject({ code: "channel_closed" });
  });
});

describe("a stream", () => {
  test("gives all items in order, however the connection cuts", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.anything(), { maxLength: 20 }), sizes, async (items, parts) => {
        const { asking } = channelPair({ list: () => items }, parts);
        expect(await collect(asking.stream("list", undefined))).toEqual(items);
      }),
    );
  });

  test("is pulled no further than the window while nobody takes", async () => {
    const itemBytes = 10_000;
    let pulled = 0;
    const { asking } = channelPair({
      async *long() {
        while (pulled < 5000) {
          pulled += 1;
          yield new Uint8Array(itemBytes);
        }
      },
    });
    const items = asking.stream("long", undefined)[Symbol.asyncIterator]();
    await items.next();
    for (let turn = 0; turn < 20; turn += 1) await arrived();
    expect(pulled).toBeLessThan(windowBytes / itemBytes + 3);
    for (let taken = 1; taken < 300; taken += 1) await items.next();
    expect(pulled).toBeGreaterThan(300);
    await items.return?.(undefined);
  });

  test("lets an item through that is larger than the window", async () => {
    const large = new Uint8Array(windowBytes * 2).fill(7);
    const { asking } = channelPair({ list: () => [large, large, large] });
    const items = await collect(asking.stream("list", undefined));
    expect(items.map((item) => (item as Uint8Array).length)).toEqual(
      [1, 1, 1].map(() => large.length),
    );
  });

  test("ends there when it is broken off here", async () => {
    const ended = new Settlement();
    const { asking } = channelPair({
      async *long() {
        try {
          for (let items = 0; items < 20_000; items += 1) yield new Uint8Array(1000);
        } finally {
          ended.resolve();
        }
      },
    });
    for await (const item of asking.stream("long", undefined)) {
      expect(item).toHaveLength(1000);
      break;
    }
    await ended.promise;
  });

  test("that is aborted fails whoever waits, and what waits is dropped", async () => {
    const cancelled = new Settlement();
    const { asking } = channelPair({
      async *two(_value, { signal }: HandlerContext) {
        yield 1;
        await once(signal, "abort");
        cancelled.resolve();
      },
    });
    const controller = new AbortController();
    const items = asking
      .stream("two", undefined, { signal: controller.signal })
      [Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 1 });
    const next = items.next();
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await cancelled.promise;
  });

  test("gives what came before a failure, then the failure", async () => {
    const { asking } = channelPair({
      async *half() {
        yield 1;
        yield 2;
        throw new StreamError("block_store_closed", {});
      },
      number: () => 5,
    });
    const seen: unknown[] = [];
    const read = async () => {
      for await (const item of asking.stream("half", undefined)) seen.push(item);
    };
    await expect(read()).rejects.toMatchObject({ code: "block_store_closed" });
    expect(seen).toEqual([1, 2]);
    await expect(collect(asking.stream("number", 1))).rejects.toMatchObject({
      code: "answer_not_iterable",
    });
  });

  test("fails when the connection goes, and its handler is told", async () => {
    const told = new Settlement();
    const { asking, answering } = channelPair({
      async *hang(_value, { signal }: HandlerContext) {
        signal.addEventListener("abort", told.resolve);
        yield 1;
        await new Promise(() => {});
      },
    });
    const items = asking.stream("hang", undefined)[Symbol.asyncIterator]();
    await items.next();
    const next = failureOf(items.next());
    asking.close();
    expect(await next).toMatchObject({ code: "channel_closed" });
    await told.promise;
    expect(await answering.closed).toMatchObject({ code: "channel_closed" });
  });
});

describe("a channel", () => {
  const item = (call: number, bytes: number) =>
    Buffer.concat([frameHeader(frameKind.item, call, bytes), Buffer.alloc(bytes)]);
  const never = () => new Promise(() => {});
  const faults: readonly (readonly [string, Buffer])[] = [
    ["text", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a frame longer than allowed", frameHeader(frameKind.answer, 1, payloadBytesMax + 1)],
    ["an answer that nobody asked for", frameHeader(frameKind.end, 99, 0)],
    ["an item for a request", item(1, 3)],
    ["a call without a method", frameHeader(frameKind.request, 5, 0)],
  ];
  test.each(faults)("that brings %s is closed by channel_damaged", async (_name, bytes) => {
    const { asking, answeringEnd } = channelPair({ never });
    const failure = failureOf(asking.request("never", 1));
    answeringEnd.write(bytes);
    expect(await failure).toMatchObject({
      code: "channel_damaged",
      details: { remote: "driver" },
    });
    expect(await asking.closed).toMatchObject({ code: "channel_damaged" });
  });

  test("whose other end sends more items than it may is closed by channel_damaged", async () => {
    const { asking, answeringEnd } = channelPair({ never });
    const items = asking.stream("never", 1)[Symbol.asyncIterator]();
    void items.next();
    await arrived();
    for (let sent = 0; sent < 3; sent += 1) answeringEnd.write(item(1, windowBytes - 1));
    expect(await asking.closed).toMatchObject({
      code: "channel_damaged",
      details: { reason: "more items than were allowed" },
    });
  });

  test("that ends within a frame is closed by channel_damaged", async () => {
    const { asking, answeringEnd } = channelPair({ never });
    answeringEnd.write(frameHeader(frameKind.answer, 1, 100));
    answeringEnd.end();
    expect(await asking.closed).toMatchObject({ code: "channel_damaged" });
  });

  test("survives any bytes: every call ends, and it is closed with a code", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const { asking, answeringEnd } = channelPair({ never });
        const answer = asking.request("never", 1).then(
          () => "answered",
          () => "failed",
        );
        answeringEnd.write(bytes);
        answeringEnd.end();
        const closed = await asking.closed;
        expect(["channel_damaged", "channel_closed"]).toContain(closed.code);
        expect(["answered", "failed"]).toContain(await answer);
      }),
    );
  });
});
