/**
 * Owns: the life of an executor, from the moment its program has built the graph: it mirrors the driver's, proves that it is
 * the same, and serves.
 * Does not own: how the program is loaded (src/context), the connection (../wire, ../processes).
 */
import type { Clock } from "../../base/index.ts";
import type { GraphState, StreamGraph } from "../../core/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import type { ExecutorLink } from "../executors.ts";
import { DriverMirror } from "./driver-mirror.ts";
import { MirroredGraph } from "./mirrored-graph.ts";
import { TaskRunner } from "./task-runner.ts";

/** What the program of an executor has built. */
export interface ServedProgram {
  readonly graph: StreamGraph;
  readonly accumulators: AccumulatorRegistry;
  readonly fingerprint: string;
  readonly clock: Clock;
  /** Closes what the context holds. */
  readonly close?: (() => Promise<void>) | undefined;
}

/** One executor. */
export class ServingExecutor {
  readonly id: string;
  /** What the graph asks, that is yet to be built. */
  readonly mirror: DriverMirror;
  readonly #link: ExecutorLink;

  constructor(link: ExecutorLink) {
    this.#link = link;
    this.id = link.id;
    this.mirror = new DriverMirror(link);
  }

  /** Serves; never resolves. Rejects where the driver has another graph. */
  serve(program: ServedProgram): Promise<never> {
    const { accumulators, clock, close, fingerprint, graph } = program;
    const link = this.#link;
    this.mirror.countIn(accumulators);
    const mirrored = new MirroredGraph(graph);
    const runner = new TaskRunner({ graph, mirrored, accumulators, clock, link });
    link.serve({
      ...runner.handlers,
      ...mirrored.handlers,
      "graph.start": (state) => mirrored.start(state as GraphState),
    });
    if (close !== undefined) link.onLeaving(close);
    return link.ready(fingerprint);
  }
}
