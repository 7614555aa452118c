import assert from "node:assert/strict";
import { deserialize, serialize } from "node:v8";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StreamError } from "../../../../src/base/index.ts";
import { keyGroupOf } from "../../../../src/codec/index.ts";
import {
  type SpreadState,
  type StateExecutors,
  StateHost,
  type StateLink,
  StateOwners,
} from "../../../../src/executor/state/index.ts";
import { HostedState, VersionedState } from "../../../../src/state/index.ts";
import { SnapshotStore } from "../../../conformance/snapshot-store.ts";

const uid = "counts";
const partitions = 3;
const partitionOf = (key: unknown) => Math.floor((keyGroupOf(key) * partitions) / 128);
const sent = <T>(value: T): T => deserialize(serialize(value)) as T;

type Changes = ReadonlyMap<string, number>;

/** An executor whose every message arrives a turn later, and is lost when it is killed. */
class Executor {
  readonly hosted = new HostedState<unknown, unknown>({
    partitions,
    form: {},
    operator: () => uid,
  });
  readonly host = new StateHost(() => this.hosted);
  isKilled = false;
  #inbox: Promise<unknown> = Promise.resolve();

  /** Does it after all that was sent before; never, once the executor is gone. */
  arrive<R>(work: () => R | Promise<R>): Promise<R> {
    const arrived = this.#inbox.then(() => {
      this.#assertAlive();
      return { done: Promise.resolve(work()) };
    });
    this.#inbox = arrived.catch(() => {});
    return arrived.then(async ({ done }) => {
      const answer = await done;
      this.#assertAlive();
      return answer;
    });
  }

  link(): StateLink {
    return {
      request: (method, value) =>
        this.arrive(async () => sent(await this.host.request(method, sent(value)))),
      stream: (method, value) => this.#stream(method, value),
      notify: (method, value) => {
        this.arrive(() => this.host.notice(method, sent(value))).catch(() => {});
      },
    };
  }

  async *#stream(method: "state.scan" | "state.entries", value: unknown) {
    const slices = await this.arrive(() =>
      method === "state.scan"
        ? this.host.scan(sent(value) as Parameters<StateHost["scan"]>[0])
        : this.host.entries(sent(value) as Parameters<StateHost["entries"]>[0]),
    );
    for await (const slice of slices) {
      this.#assertAlive();
      yield sent(slice) as unknown;
    }
  }

  #assertAlive(): void {
    if (this.isKilled) throw new StreamError("context_stopped", { operation: "request" });
  }
}

/** A state of sums on two executors, of which any may be killed at any time, beside a Map. */
class World {
  readonly failures: unknown[] = [];
  readonly #executors = new Map<string, Executor>();
  readonly #store = new SnapshotStore();
  readonly #batches = new Map<number, Changes>();
  readonly #sums = new Map<string, number>();
  readonly #state: VersionedState<unknown, unknown>;
  readonly #owners: StateOwners;
  #nextId = 0;
  #nowMs = 0;

  constructor() {
    for (let count = 0; count < 2; count += 1) this.#join();
    const executors: StateExecutors = this.#port();
    this.#owners = new StateOwners({
      executors,
      stateOf: () => this.#spread(),
      failed: (error) => this.failures.push(error),
    });
    this.#state = new VersionedState({ partitions, elsewhere: this.#owners.elsewhere(() => uid) });
  }

  async batch(changes: readonly (readonly [string, number])[]): Promise<void> {
    this.#nowMs += 10;
    const versionMs = this.#nowMs;
    const sums = new Map<string, number>();
    for (const [key, by] of changes) sums.set(key, (sums.get(key) ?? 0) + by);
    this.#batches.set(versionMs, sums);
    for (const [key, by] of sums) this.#sums.set(key, (this.#sums.get(key) ?? 0) + by);
    while (!this.#state.isVisible(versionMs)) {
      await Promise.all(
        Array.from({ length: partitions }, (_, partition) => this.#runTask(partition, versionMs)),
      );
    }
  }

  async snapshot(): Promise<void> {
    const snapshot = this.#state.beginSnapshot();
    if (snapshot === undefined) return;
    try {
      await this.#store.take(snapshot);
    } catch (error) {
      assert.ok(error instanceof StreamError, String(error));
    } finally {
      snapshot.release();
    }
    this.#state.forget(this.#state.durableVersion ?? 0);
  }

  /** After so many turns an executor is gone, and another one takes its place some turns later. */
  async kill(index: number, turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    const id = [...this.#executors.keys()][index % this.#executors.size];
    if (id === undefined) return;
    const executor = this.#executors.get(id);
    if (executor !== undefined) executor.isKilled = true;
    this.#executors.delete(id);
    this.#owners.lost(id);
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    this.#join();
  }

  async check(): Promise<void> {
    assert.deepEqual(this.failures, []);
    const read = new Map<unknown, unknown>();
    const version = this.#state.visibleVersion;
    if (version === undefined) return;
    for (let partition = 0; partition < partitions; partition += 1) {
      const scan = this.#state.read(partition, version).scan();
      while (await scan.next(2, (key, value) => read.set(key, value)));
    }
    assert.deepEqual(read, this.#sums);
    await this.snapshot();
    const stored = [...this.#store.contents().values()].map(({ value }) => value as number);
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
    assert.equal(sum(stored), sum(this.#sums.values()));
  }

  #join(): void {
    this.#executors.set(`executor-${this.#nextId++}`, new Executor());
  }

  async #runTask(partition: number, versionMs: number): Promise<void> {
    if (this.#state.isComplete(partition, versionMs)) return;
    const executor = await this.#owners.ownerOf({ uid, partition });
    try {
      await this.#update(executor, partition, versionMs);
    } catch (error) {
      if (this.#executors.has(executor)) throw error;
      return;
    }
    // Its loss was told before: what it has done counts no more.
    if (!this.#executors.has(executor)) return;
    await this.#state.completed(partition, versionMs);
  }

  async #update(id: string, partition: number, versionMs: number): Promise<void> {
    const executor = this.#executors.get(id);
    if (executor === undefined) throw new StreamError("context_stopped", { operation: "task" });
    await executor.arrive(async () => {
      await executor.host.turnOf({ uid, partition });
      const update = executor.hosted.begin(partition, versionMs);
      for (const [key, by] of this.#batches.get(versionMs) ?? []) {
        if (partitionOf(key) !== partition) continue;
        update.set(key, ((update.get(key) as number | undefined) ?? 0) + by);
      }
      executor.hosted.complete(update);
    });
  }

  #spread(): SpreadState {
    return {
      uid,
      chain: async () => (this.#store.newest === undefined ? [] : this.#store.stream(2)),
      partitionOf,
      lost: (partition, baseVersionMs) => this.#state.lost(partition, baseVersionMs),
      runAgain: (versionMs, partition, executor) => this.#update(executor, partition, versionMs),
      noteChangesAnew: () => this.#state.noteChangesAnew(),
    };
  }

  #port(): StateExecutors {
    const executors = this.#executors;
    return {
      get ids() {
        return [...executors.keys()];
      },
      someLive: async () => {
        while (executors.size === 0) await Promise.resolve();
      },
      linkTo: (id) => (executors.get(id) ?? gone()).link(),
    };
  }
}

function gone(): Executor {
  const executor = new Executor();
  executor.isKilled = true;
  return executor;
}

type Step = (world: World) => Promise<void>;

const named = (name: string, step: Step): Step =>
  Object.assign(step, { [fc.toStringMethod]: () => name });
const text = (step: Step) => fc.stringify(step);

const key = fc.constantFrom("a", "b", "c", "d", "e", "f", "g");
const batch: fc.Arbitrary<Step> = fc
  .array(fc.tuple(key, fc.integer({ min: 1, max: 9 })), { maxLength: 5 })
  .map((changes) => named(`batch ${fc.stringify(changes)}`, (world) => world.batch(changes)));
const snapshot: fc.Arbitrary<Step> = fc.constant(named("snapshot", (world) => world.snapshot()));
const kill: fc.Arbitrary<Step> = fc
  .tuple(fc.nat(1), fc.nat(120))
  .map(([index, turns]) => named(`kill ${index} ${turns}`, (world) => world.kill(index, turns)));
const together = (...steps: fc.Arbitrary<Step>[]): fc.Arbitrary<Step> =>
  fc.tuple(...steps).map((all) =>
    named(`(${all.map(text).join(" + ")})`, async (world) => {
      await Promise.all(all.map((run) => run(world)));
    }),
  );
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: batch },
  { weight: 2, arbitrary: snapshot },
  { weight: 3, arbitrary: together(batch, kill) },
  { weight: 1, arbitrary: together(snapshot, kill) },
  { weight: 1, arbitrary: together(batch, kill, kill) },
  { weight: 1, arbitrary: together(batch, snapshot, kill) },
);

test("the partitions of killed executors come back with what they had, whenever those are killed", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
    const world = new World();
    for (const run of steps) await run(world);
    await world.check();
  });
  await expect(fc.assert(property, { numRuns: 400 })).resolves.toBeUndefined();
});
