/** How the end of a context, and what failed, reaches whoever waits for it. */
import { afterEach, describe, expect, test } from "vitest";
import {
  type BatchFailure,
  type InputHost,
  type RDD,
  type StreamError,
  StreamingContext,
  seconds,
} from "../../../src/index.ts";
import { caught, DrivenContext, gate, ListInput } from "./driven-context.ts";

afterEach(async () => {
  await StreamingContext.getActive()?.destroy();
});

describe("await using", () => {
  test("stops gracefully at the end of the block", async () => {
    const outer = new DrivenContext();
    const { open, opened } = gate();
    const done: number[] = [];
    {
      await using ssc = outer.ssc;
      outer.input([[1]]).foreachRDD(async (_dataset, timeMs) => {
        await opened;
        done.push(timeMs);
      });
      await ssc.start();
      await outer.clock.advanceWithoutWaiting(1000);
      open();
    }
    expect([outer.ssc.state, done]).toEqual(["STOPPED", [1000]]);
  });

  test("adds nothing to the error of a context that has failed", async () => {
    const outer = new DrivenContext({ attempts: 1, onFailure: "stop" });
    const program = async () => {
      await using ssc = outer.ssc;
      outer.input([[1]]).foreachRDD(() => {
        throw new Error("no luck");
      });
      await ssc.start();
      await outer.batches(1);
      await ssc.awaitTermination();
    };
    expect(await caught(program())).toMatchObject({
      code: "batch_failed",
      cause: { cause: { message: "no luck" } },
    });
  });
});

describe("awaiting the termination", () => {
  test("ends with a stop, and works after it too", async () => {
    const engine = new DrivenContext();
    engine.collect(engine.input([[1]]));
    await engine.ssc.start();
    const awaited = engine.ssc.awaitTermination();
    await engine.ssc.stop();
    await awaited;
    await engine.ssc.awaitTermination();
  });

  test("tells whether the context stopped within a time", async () => {
    await using engine = new DrivenContext();
    engine.collect(engine.input([[1]]));
    await engine.ssc.start();
    const early = engine.ssc.awaitTerminationOrTimeout(seconds(1));
    await engine.batches(1);
    expect(await early).toBe(false);
    const late = engine.ssc.awaitTerminationOrTimeout(seconds(5));
    await engine.ssc.stop();
    expect(await late).toBe(true);
    expect(await engine.ssc.awaitTerminationOrTimeout(seconds(1))).toBe(true);
    expect(engine.clock.pendingTimers).toBe(0);
  });

  test("within a time rejects with what failed", async () => {
    await using engine = new DrivenContext({ attempts: 1, onFailure: "stop" });
    engine.input([[1]]).foreachRDD(() => {
      throw new Error("no luck");
    });
    await engine.ssc.start();
    const awaited = caught(engine.ssc.awaitTerminationOrTimeout(seconds(5)));
    await engine.batches(1);
    expect(await awaited).toMatchObject({ code: "batch_failed" });
  });

  test("rejects at once with the failed batch when onFailure says stop", async () => {
    await using engine = new DrivenContext({ attempts: 2, onFailure: "stop" });
    let calls = 0;
    engine.input([[1], [2], [3]]).foreachRDD((_dataset, timeMs) => {
      calls += 1;
      if (timeMs === 2000) throw new Error("no luck");
    });
    await engine.ssc.start();
    const awaited = caught(engine.ssc.awaitTermination());
    await engine.batches(3);
    const error = (await awaited) as StreamError;
    expect(error).toMatchObject({ code: "batch_failed", details: { batchTimeMs: 2000 } });
    expect(error.cause).toMatchObject({
      code: "user_function_failed",
      cause: { message: "no luck" },
    });
    expect([engine.ssc.state, calls]).toEqual(["STOPPED", 3]);
  });

  test("rejects at the stop with the first failure when onFailure says continue", async () => {
    await using engine = new DrivenContext({ attempts: 1, onFailure: "continue" });
    const done: number[] = [];
    engine.input([[1], [2], [3], [4]]).foreachRDD((_dataset, timeMs) => {
      if (timeMs === 2000 || timeMs === 3000) throw new Error(`no luck at ${timeMs}`);
      done.push(timeMs);
    });
    await engine.ssc.start();
    await engine.batches(4);
    expect([engine.ssc.state, done]).toEqual(["ACTIVE", [1000, 4000]]);
    await engine.ssc.stop();
    expect(await caught(engine.ssc.awaitTermination())).toMatchObject({
      code: "batch_failed",
      cause: { code: "user_function_failed", cause: { message: "no luck at 2000" } },
    });
  });

  test("resolves at the stop when a dead-letter function took over what failed", async () => {
    const taken: number[] = [];
    const deadLetter = ({ batchTime }: BatchFailure) => void taken.push(batchTime);
    await using engine = new DrivenContext({ attempts: 1, onFailure: { deadLetter } });
    engine.input([[1], [2]]).foreachRDD((_dataset, timeMs) => {
      if (timeMs === 1000) throw new Error("no luck");
    });
    await engine.ssc.start();
    await engine.batches(2);
    await engine.ssc.stop();
    await engine.ssc.awaitTermination();
    expect(taken).toEqual([1000]);
  });
});

describe("an AbortSignal", () => {
  test("that aborted before the start refuses it, and nothing is begun", async () => {
    const input = new ListInput<number>([]);
    const engine = new DrivenContext({ signal: AbortSignal.abort(new Error("too late")) });
    engine.ssc.inputStream(input).foreachRDD(() => {});
    expect(await caught(engine.ssc.start())).toMatchObject({ message: "too late" });
    expect(engine.ssc.state).toBe("STOPPED");
    expect(input.calls).toEqual([]);
  });

  test("that aborts during the start stops the context", async () => {
    const abort = new AbortController();
    const engine = new DrivenContext({ signal: abort.signal });
    class Aborting extends ListInput<number> {
      override start(host: InputHost): void {
        super.start(host);
        abort.abort(new Error("meanwhile"));
      }
    }
    const input = new Aborting([]);
    engine.ssc.inputStream(input).foreachRDD(() => {});
    expect(await caught(engine.ssc.start())).toMatchObject({ message: "meanwhile" });
    expect(input.calls).toEqual(["start", "stop"]);
    expect(engine.clock.pendingTimers).toBe(0);
  });

  test.each([new Error("enough"), new DOMException("enough", "AbortError")])(
    "that aborts during a batch stops at once, and whoever waits is told (%s)",
    async (reason) => {
      const abort = new AbortController();
      await using engine = new DrivenContext({ signal: abort.signal });
      const done: number[] = [];
      engine.input([[1], [2]]).foreachRDD(async (dataset: RDD<number>, timeMs) => {
        if (timeMs === 2000) abort.abort(reason);
        await dataset.count();
        done.push(timeMs);
      });
      await engine.ssc.start();
      await engine.batches(2);
      expect(await caught(engine.ssc.awaitTermination())).toBe(reason);
      expect([engine.ssc.state, done]).toEqual(["STOPPED", [1000]]);
    },
  );

  test("that aborts after the stop changes nothing", async () => {
    const abort = new AbortController();
    const engine = new DrivenContext({ signal: abort.signal });
    engine.collect(engine.input([[1]]));
    await engine.ssc.start();
    await engine.ssc.stop();
    abort.abort();
    await engine.ssc.awaitTermination();
  });
});
