import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { inJob, taskContext } from "../../../../src/core/index.ts";
import { datasets } from "./datasets.ts";
import { errorOf } from "./error-of.ts";

/** Calls that wait until the test settles them, by their argument. */
class HeldCalls {
  readonly begun: number[] = [];
  readonly #open = new Map<
    number,
    { resolve(value: number): void; reject(error: unknown): void }
  >();

  readonly call = (x: number): Promise<number> => {
    this.begun.push(x);
    return new Promise((resolve, reject) => this.#open.set(x, { resolve, reject }));
  };

  get underWay(): number[] {
    return [...this.#open.keys()];
  }

  async resolve(x: number): Promise<void> {
    this.#open.get(x)?.resolve(x * 10);
    await this.#settled(x);
  }

  async reject(x: number, error: unknown): Promise<void> {
    this.#open.get(x)?.reject(error);
    await this.#settled(x);
  }

  async #settled(x: number): Promise<void> {
    this.#open.delete(x);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("mapAsync", () => {
  test("keeps the order of the records in whatever order the calls end, and never has more under way than allowed", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.nat()),
        async (count, concurrency, choices) => {
          const calls = new HeldCalls();
          const records = Array.from({ length: count }, (_, index) => index);
          const collecting = datasets().of(records).mapAsync(calls.call, { concurrency }).collect();
          await turn();
          for (let settled = 0; settled < count; settled++) {
            const { underWay } = calls;
            expect(underWay.length).toBe(Math.min(concurrency, count - settled));
            const choice = choices.next().value ?? 0;
            await calls.resolve(underWay[choice % underWay.length] ?? 0);
          }
          expect(calls.begun).toEqual(records);
          expect(await collecting).toEqual(records.map((x) => x * 10));
        },
      ),
      { numRuns: 50 },
    ));

  test("has eight calls under way unless told otherwise", async () => {
    const calls = new HeldCalls();
    const records = Array.from({ length: 20 }, (_, index) => index);
    const collecting = datasets().of(records).mapAsync(calls.call).collect();
    await turn();
    expect(calls.underWay.length).toBe(8);
    for (const x of records) await calls.resolve(x);
    expect((await collecting).length).toBe(20);
  });

  test("begins no further call after the first failure, waits for those under way, and fails with the first", async () => {
    const calls = new HeldCalls();
    const records = [0, 1, 2, 3, 4];
    const given = datasets().of(records).mapAsync(calls.call, { concurrency: 3 });
    let ended = false;
    const collecting = given.collect().finally(() => {
      ended = true;
    });
    const failure = errorOf(collecting);
    await turn();
    await calls.reject(1, new Error("first"));
    await calls.reject(0, new Error("second"));
    expect(ended).toBe(false);
    await calls.resolve(2);
    expect(await failure).toMatchObject({
      code: "user_function_failed",
      details: { operator: "mapAsync@rdd-1", kind: "mapAsync", partition: 0 },
      cause: expect.objectContaining({ message: "first" }),
    });
    expect(calls.begun).toEqual([0, 1, 2]);
  });

  test("fails as well when its function throws at once", async () => {
    const fail = (): Promise<number> => {
      throw new Error("at once");
    };
    await expect(datasets().of([1]).mapAsync(fail).collect()).rejects.toMatchObject({
      code: "user_function_failed",
      cause: expect.objectContaining({ message: "at once" }),
    });
  });

  test("takes anything that can be awaited", async () => {
    const thenable = (x: number): PromiseLike<number> => ({
      // oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
      then: (resolve) => Promise.resolve(x + 1).then(resolve),
    });
    expect(await datasets().of([1, 2]).mapAsync(thenable).collect()).toEqual([2, 3]);
  });

  test("begins no further call when its job is cancelled", async () => {
    const calls = new HeldCalls();
    const cancel = new AbortController();
    const job = { batchTimeMs: 0, uid: "u", attempt: 0, signal: cancel.signal, accumulated: [] };
    const given = datasets().of([0, 1, 2, 3]);
    const collecting = inJob(job, () => given.mapAsync(calls.call, { concurrency: 2 }).collect());
    const failure = errorOf(collecting);
    await turn();
    cancel.abort(new Error("enough"));
    await calls.resolve(0);
    await calls.resolve(1);
    expect((await failure).code).toBe("job_cancelled");
    expect(calls.begun).toEqual([0, 1]);
  });

  test("runs its calls within their task", async () => {
    const partitions = datasets()
      .of([0, 1, 2], 3)
      .mapAsync(async () => {
        await turn();
        return taskContext()?.partition;
      });
    expect(await partitions.collect()).toEqual([0, 1, 2]);
  });

  test("refuses a concurrency that is no whole number of 1 or more", () => {
    for (const concurrency of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() =>
        datasets()
          .of([1])
          .mapAsync(async (x) => x, { concurrency }),
      ).toThrow(expect.objectContaining({ code: "argument_invalid" }));
    }
  });
});
