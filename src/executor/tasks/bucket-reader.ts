/**
 * Owns: the reduce side of a shuffle between executors: the buckets of a reduce partition, each fetched from the executor
 * that made it, none through the driver.
 * Does not own: merging them (src/core), running map tasks again (the driver).
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../../base/index.ts";
import {
  decodeRecords,
  type FetchBuckets,
  type Flow,
  type StageAddress,
} from "../../core/index.ts";
import type { ExecutorLink } from "../executors.ts";
import type { BucketItem, BucketRequest } from "./task-messages.ts";

/** Reads buckets from other executors, and from this one. */
export class BucketReader {
  readonly #link: Pick<ExecutorLink, "id" | "peer">;
  readonly #ownBucket: (
    stage: StageAddress,
    task: number,
    reducePartition: number,
  ) => Uint8Array | undefined;

  constructor(
    link: Pick<ExecutorLink, "id" | "peer">,
    ownBucket: (
      stage: StageAddress,
      task: number,
      reducePartition: number,
    ) => Uint8Array | undefined,
  ) {
    this.#link = link;
    this.#ownBucket = ownBucket;
  }

  /** How the buckets of a shuffle are fetched whose outputs are there; it throws `shuffle_output_missing`, naming the place. */
  fetcher(stage: StageAddress, places: readonly string[]): FetchBuckets {
    return async (reducePartition, flow) => {
      const buckets = await this.#fetchAll(stage, places, reducePartition, flow);
      const decoded: (readonly [unknown, unknown][])[] = [];
      for (const bytes of buckets) {
        const records = await decodeRecords(bytes, flow.pacer);
        decoded.push(records as [unknown, unknown][]);
      }
      return decoded;
    };
  }

  async #fetchAll(
    stage: StageAddress,
    places: readonly string[],
    reducePartition: number,
    flow: Flow,
  ): Promise<readonly Uint8Array[]> {
    const tasksOf = new Map<string, number[]>();
    for (const [task, place] of places.entries()) {
      const tasks = tasksOf.get(place);
      if (tasks === undefined) tasksOf.set(place, [task]);
      else tasks.push(task);
    }
    const buckets: Uint8Array[] = [];
    const { signal } = flow.task;
    const fetching = [...tasksOf].map(async ([place, tasks]) => {
      const request = { stage, reducePartition, tasks };
      const fetched = await this.#fetch(place, request, signal);
      for (const [index, bytes] of fetched.entries()) buckets[tasks[index] ?? 0] = bytes;
    });
    await Promise.all(fetching);
    return buckets;
  }

  async #fetch(
    place: string,
    request: BucketRequest,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const { reducePartition, stage, tasks } = request;
    try {
      if (place !== this.#link.id) return await this.#fetchFrom(place, request, signal);
      return tasks.map((task) => {
        const bucket = this.#ownBucket(stage, task, reducePartition);
        if (bucket === undefined) throw missing(stage, [task]);
        return bucket;
      });
    } catch (error) {
      signal.throwIfAborted();
      throw new StreamError("shuffle_output_missing", { ...stage, place, tasks }, { cause: error });
    }
  }

  async #fetchFrom(
    place: string,
    request: BucketRequest,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const pieces = new Map<number, Uint8Array[]>(request.tasks.map((task) => [task, []]));
    const items = this.#link.peer(place).stream("shuffle.read", request, { signal });
    for await (const item of items as AsyncIterable<BucketItem>) {
      for (const { bytes, task } of item) pieces.get(task)?.push(bytes);
    }
    return [...pieces.values()].map((parts) =>
      parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts),
    );
  }
}

/** The error of a map output that is not here. */
export function missing(stage: StageAddress, tasks: readonly number[]): StreamError {
  return new StreamError("shuffle_output_missing", { ...stage, tasks });
}
