/**
 * Owns: what map tasks have left in this executor: encoded buckets, one per reduce partition, for as long as the shuffle is
 * remembered; and giving them to whoever asks.
 * Does not own: finding the shuffle (mirrored-graph.ts), fetching from others (bucket-reader.ts).
 *
 * I1. A bucket is never changed, so it can be read as often as it is asked for.
 */
import type { Shuffle } from "../../core/index.ts";
import type { BucketItem } from "./task-messages.ts";

type AnyShuffle = Shuffle<never, never, never> | Shuffle<unknown, unknown, unknown>;

/** Bytes that travel together: small buckets share an item, a large one is cut. */
const itemBytesMax = 256 * 1024;

const noBytes = new Uint8Array();

/** The outputs of map tasks, as long as their shuffles live. */
export class ShuffleOutputs {
  readonly #outputs = new WeakMap<object, Map<number, readonly Uint8Array[]>>();

  /** Keeps the output of a map task: a bucket for each reduce partition. */
  keep(shuffle: AnyShuffle, task: number, buckets: readonly Uint8Array[]): void {
    let outputs = this.#outputs.get(shuffle);
    if (outputs === undefined) {
      outputs = new Map();
      this.#outputs.set(shuffle, outputs);
    }
    outputs.set(task, buckets);
  }

  /** The bucket that a map task has for a reduce partition; undefined where its output is not here. */
  bucketOf(shuffle: AnyShuffle, task: number, reducePartition: number): Uint8Array | undefined {
    const buckets = this.#outputs.get(shuffle)?.get(task);
    // A sort of few records has fewer buckets than partitions.
    return buckets && (buckets[reducePartition] ?? noBytes);
  }
}

/** Buckets as items of a stream. */
export function* bucketItems(
  buckets: readonly { readonly task: number; readonly bytes: Uint8Array }[],
): Generator<BucketItem> {
  let item: { task: number; bytes: Uint8Array }[] = [];
  let room = itemBytesMax;
  for (const { bytes, task } of buckets) {
    let from = 0;
    do {
      if (room === 0) {
        yield item;
        item = [];
        room = itemBytesMax;
      }
      const until = Math.min(bytes.length, from + room);
      item.push({ task, bytes: bytes.subarray(from, until) });
      room -= until - from;
      from = until;
    } while (from < bytes.length);
  }
  if (item.length > 0) yield item;
}
