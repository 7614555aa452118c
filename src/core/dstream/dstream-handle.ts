/**
 * Owns: what a stream is called, what it belongs to, where its datasets are kept, and how to get at them.
 * Does not own: output operations (dstream-outputs.ts), transformations (dstream.ts).
 */
import { StreamError } from "../../base/index.ts";
import { RDD } from "../rdd/index.ts";
import {
  type StorageLevel,
  type StorageLevelName,
  StorageLevels,
  storageLevel,
} from "../storage-level.ts";
import { type Duration, duration, floorToGrid } from "../time.ts";
import type { DStreamNode } from "./node.ts";
import { datasetsWithin } from "./operators/window.ts";
import type { StreamHost } from "./stream.ts";

/** The stream itself, whatever its records are. */
export class DStreamHandle<T> {
  /** The operator behind this stream; for operators of one's own. */
  readonly node: DStreamNode<T>;

  constructor(node: DStreamNode<T>) {
    this.node = node;
  }

  /** The time between two datasets, in ms. */
  get slideDuration(): Duration {
    return this.node.slideMs as Duration;
  }

  /** The context that it belongs to. */
  get context(): StreamHost {
    return this.node.scope.host;
  }

  /** The operators that it is made from. */
  get dependencies(): readonly { readonly uid: string; readonly kind: string }[] {
    return this.node.parents;
  }

  /** The id of its operator: the given one, else a hash of what it does to what. */
  get id(): string {
    return this.node.uid;
  }

  /** Gives its operator an id that stays the same however the program changes; throws `uid_fixed`, `uid_taken`. */
  uid(uid: string): this {
    this.node.giveUid(uid);
    return this;
  }

  /** Keeps its datasets from their first computation on; throws `storage_level_unknown`, `graph_fixed`. */
  persist(level: StorageLevelName | StorageLevel = StorageLevels.MEMORY_ONLY): this {
    this.node.persist(storageLevel(level));
    return this;
  }

  /** `persist()` in memory. */
  cache(): this {
    return this.persist();
  }

  /**
   * How often the state behind this stream is snapshotted, where the context has a checkpoint directory (default: the first
   * multiple of the slide that is not below 10 s). Throws `checkpoint_stateless` for a stream without a state,
   * `checkpoint_off_grid` for what is no multiple of the slide, `duration_invalid`, `graph_fixed`.
   */
  checkpoint(interval: Duration): this {
    this.node.snapshotEvery(duration(interval, "interval"));
    return this;
  }

  /** The dataset of a batch time; undefined where the stream has none. Throws `slice_invalid` for one that is forgotten. */
  async compute(timeMs: number): Promise<RDD<T> | undefined> {
    if (timeMs > this.node.scope.lastTimeMs) return undefined;
    const dataset = await this.node.at(timeMs);
    return dataset && new RDD(dataset);
  }

  /**
   * The datasets of the times from `fromMs` to `toMs`, both included, on the grid of the slide, as far as there are
   * batches yet. Throws `slice_invalid` before the start, for times that are forgotten, and for a span that ends before it
   * begins.
   */
  async slice(fromMs: number, toMs: number): Promise<RDD<T>[]> {
    const { scope, slideMs } = this.node;
    if (!scope.isStarted || !(fromMs <= toMs)) {
      throw new StreamError("slice_invalid", { fromMs, toMs });
    }
    const onGrid = (timeMs: number) => floorToGrid(timeMs, slideMs, scope.zeroTimeMs);
    const from = Math.max(onGrid(fromMs), scope.zeroTimeMs);
    const to = Math.min(onGrid(toMs), scope.lastTimeMs);
    return (await datasetsWithin(this.node, from - slideMs, to)).map((dataset) => new RDD(dataset));
  }
}
