/** Owns: a directory with states of each kind: nested values, a declared schema, a codec of the program, time-outs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { Receiver, StateSpec, StreamingContext, seconds } from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";

export let directory = "";

/** Gives the tests of a file one directory, which they must not change. */
export function useValueDirectory(): void {
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "millrace-values-"));
    await live(join(directory, "ckpt"));
  });

  afterAll(() => rmSync(directory, { recursive: true, force: true }));
}

export const nestedValue = (n: number): unknown => ({
  count: n,
  big: BigInt(n) ** 20n,
  at: new Date(1_357_008_280_000 + n),
  seen: new Map<unknown, unknown>([
    ["a", [n, null]],
    [new Date(n), new Set(["x", n])],
  ]),
  bytes: Uint8Array.of(n, 255),
  nothing: undefined,
});

export const declaredSchema = {
  type: "record",
  name: "Delay",
  fields: [
    { name: "total", type: "long" },
    { name: "mean", type: "double" },
    { name: "note", type: ["null", "string"], default: null },
  ],
} as const;

export const declaredValue = (n: number) => ({
  total: n * 10,
  mean: n / 4,
  note: `${n} "late", yes`,
});

class NumberReceiver extends Receiver<number> {
  override onStart(): void {}
  override onStop(): void {}
  give(numbers: readonly number[]): Promise<unknown> {
    return this.storeMany(numbers);
  }
}

async function live(address: string): Promise<void> {
  const clock = new ManualClock(1_357_008_280_000);
  const receiver = new NumberReceiver();
  const logger = { info: () => {}, warn: () => {}, error: () => {} };
  const context = await StreamingContext.getOrCreate(address, () => {
    const ssc = new StreamingContext({
      appName: "values",
      batchInterval: seconds(1),
      clock,
      logger,
    });
    const numbers = ssc.receiverStream(receiver).uid("numbers");
    const keyed = numbers.map((n): [unknown, number] => [n === 1 ? ["JFK", "LAX"] : `key,${n}`, n]);
    const newest =
      <T>(make: (n: number) => T) =>
      (values: readonly number[], old: T | undefined) =>
        values.length === 0 ? old : make(values.at(-1) ?? 0);
    const show = (
      stream: { foreachRDD(f: () => void): { uid(name: string): unknown } },
      name: string,
    ) => void stream.foreachRDD(() => {}).uid(name);
    show(keyed.updateStateByKey(newest(nestedValue)).uid("nested").checkpoint(seconds(1)), "a");
    show(
      keyed
        .updateStateByKey(newest(declaredValue), { codec: declaredSchema })
        .uid("declared")
        .checkpoint(seconds(1)),
      "b",
    );
    const codec = {
      id: "two-bytes",
      encode: (value: number) => Uint8Array.of(value, value),
      decode: (bytes: Uint8Array) => bytes[0] ?? 0,
    };
    show(
      keyed
        .updateStateByKey(
          newest((n) => n),
          { codec },
        )
        .uid("custom")
        .checkpoint(seconds(1)),
      "c",
    );
    const spec = StateSpec.function<unknown, number, number, number>((_, value, state) => {
      if (!state.isTimingOut()) state.update(value ?? 0);
      return 0;
    }).timeout(seconds(60));
    show(keyed.mapWithState(spec).uid("sessions").checkpoint(seconds(1)), "d");
    const sums = numbers
      .map((n): [string, number] => [`key,${n}`, n])
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a - b,
        seconds(3),
        seconds(1),
      )
      .uid("windowed")
      .checkpoint(seconds(1));
    show(sums, "e");
    return ssc;
  });
  await context.start();
  await receiver.give([1, 2, 3]);
  await clock.advance(1000);
  await receiver.give([3, 4]);
  await clock.advance(1000);
  await context.stop();
}
