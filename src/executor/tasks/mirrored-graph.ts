/**
 * Owns: the graph of an executor, which mirrors the driver's: finding datasets and stages by their addresses, and taking in
 * what has become of the driver's graph.
 * Does not own: making datasets (src/core), running tasks (task-runner.ts).
 */
import { StreamError } from "../../base/index.ts";
import {
  type BatchGap,
  type DatasetAddress,
  type Forgotten,
  type GraphState,
  type PartitionPins,
  RDDNode,
  type StageAddress,
  type StageBarrier,
  type StreamGraph,
  stageAt,
} from "../../core/index.ts";
import type { Handlers } from "../executors.ts";

/** Finds what the driver speaks of. */
export class MirroredGraph {
  readonly #graph: StreamGraph;
  /** How many look at what there is. */
  #users = 0;
  /** What is to be dropped when nobody does. */
  #forgotten: Forgotten[] = [];

  constructor(graph: StreamGraph) {
    this.#graph = graph;
  }

  /** Begins to mirror. */
  start(state: GraphState): void {
    this.#graph.startMirroring(state);
  }

  /** Keeps what there is while `work` runs, also what the driver has no more use for: it may be asked of again. */
  async keeping<R>(work: () => Promise<R>): Promise<R> {
    this.#users += 1;
    try {
      return await work();
    } finally {
      this.#users -= 1;
      await this.#forget();
    }
  }

  /** The dataset of that address, made if it is not there yet. Throws `mirror_differs` where there is no such dataset. */
  async dataset(address: DatasetAddress): Promise<RDDNode<unknown>> {
    const stream = this.#graph.streamNamed(address.stream);
    await stream?.at(address.timeMs);
    const dataset = stream?.madeAt(address.timeMs, address.index);
    if (!(dataset instanceof RDDNode)) throw new StreamError("mirror_differs", { ...address });
    return dataset;
  }

  /** The stage of that address; as `dataset`. */
  async stage(address: StageAddress): Promise<StageBarrier> {
    const stage = stageAt(await this.dataset(address), address.path);
    if (stage === undefined) throw new StreamError("mirror_differs", { ...address });
    return stage;
  }

  /** The stage of that address, if it was made here. */
  stageHere({ index, path, stream, timeMs }: StageAddress): StageBarrier | undefined {
    const dataset = this.#graph.streamNamed(stream)?.madeAt(timeMs, index);
    return dataset && stageAt(dataset, path);
  }

  async #forget(): Promise<void> {
    if (this.#users > 0) return;
    for (const forgotten of this.#forgotten.splice(0)) await this.#graph.forgetAs(forgotten);
  }

  /** What the driver tells of its graph. */
  get handlers(): Handlers {
    const graph = this.#graph;
    return {
      "graph.gap": (gap) => graph.addGap(gap as BatchGap),
      "graph.leftOut": (value) => {
        const { streams, timeMs } = value as { timeMs: number; streams: readonly string[] };
        graph.leaveOutNamed(timeMs, streams);
      },
      "graph.pinned": (value) => {
        const { pins, timeMs } = value as { timeMs: number; pins: PartitionPins };
        graph.adoptPartitions(timeMs, pins);
      },
      "graph.forget": (forgotten) => {
        this.#forgotten.push(forgotten as Forgotten);
        return this.#forget();
      },
      "graph.forgetOutputs": (beforeMs) => graph.forgetOutputs(beforeMs as number),
      "graph.unpersist": async (address) => {
        const { index, stream, timeMs } = address as DatasetAddress;
        const dataset = graph.streamNamed(stream)?.madeAt(timeMs, index);
        if (dataset instanceof RDDNode) await dataset.unpersist();
      },
    };
  }
}
