/**
 * Owns: what the driver answers executors that mirror its graph, and telling them what becomes of it.
 * Does not own: what they ask (driver-mirror.ts), tasks (executor-tasks.ts).
 */
import { type Clock, invariant, StreamError } from "../../base/index.ts";
import { encodeValue } from "../../codec/index.ts";
import {
  Flow,
  type InputStream,
  inJob,
  inTask,
  Pacer,
  RDDNode,
  type StatefulStream,
  type StreamGraph,
  type StreamLineage,
  type TaskContext,
} from "../../core/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import { computingFor } from "../body-reads.ts";
import type { Handlers } from "../executors.ts";
import { type ExecutorTasks, readingOnBehalf } from "./executor-tasks.ts";
import { RecordChunks } from "./record-chunks.ts";
import type {
  MirrorError,
  MirrorRead,
  MirrorRequest,
  OwnerRequest,
  RecordItem,
} from "./task-messages.ts";

export interface MirrorServiceOptions {
  readonly tasks: ExecutorTasks;
  readonly graph: StreamGraph;
  readonly accumulators: AccumulatorRegistry;
  readonly clock: Clock;
}

/** Lets executors mirror the graph of the driver, which has started. */
export class MirrorService {
  readonly #options: MirrorServiceOptions;

  constructor(options: MirrorServiceOptions) {
    this.#options = options;
    const { graph, tasks } = options;
    graph.watch({
      gapAdded: (gap) => tasks.tellAll("graph.gap", gap),
      leftOut: (timeMs, streams) => tasks.tellAll("graph.leftOut", { timeMs, streams }),
      pinned: (timeMs, pins) => tasks.tellAll("graph.pinned", { timeMs, pins }),
      forgotten: (forgotten) => tasks.tellAll("graph.forget", forgotten),
      outputsForgotten: (beforeMs) => tasks.tellAll("graph.forgetOutputs", beforeMs),
    });
  }

  /** What executors may ask. */
  get handlers(): Handlers {
    return {
      "mirror.state": (value) => {
        const { stream, timeMs } = value as MirrorRequest;
        return this.#stateful(stream).factsAt(timeMs);
      },
      "mirror.owner": (value) => this.#options.tasks.states.presentOwner(value as OwnerRequest),
      "mirror.input": (value) => this.#input(value as MirrorRequest),
      "mirror.shape": (value) => {
        const { stream, timeMs } = value as MirrorRequest;
        return this.#stream(stream).shapeAt(timeMs);
      },
      "mirror.parts": async (value) => {
        const { stream, timeMs } = value as MirrorRequest;
        const window = this.#stream(stream);
        await window.at(timeMs);
        return window.partsAt(timeMs);
      },
      "mirror.read": (value, { signal }) => this.#read(value as MirrorRead, signal),
      "mirror.error": (value) => {
        const { message, reason, streamId } = value as MirrorError;
        const input = this.#options.graph.inputs.find((each) => each.streamId === streamId);
        input?.reportError(message, reason);
      },
    };
  }

  async #input({ stream, timeMs }: MirrorRequest): Promise<Uint8Array | undefined> {
    const input = this.#stream(stream) as InputStream;
    const facts = await input.factsAt(timeMs);
    return facts && encodeValue(facts.pin);
  }

  /** The records of a partition that only the driver makes; what lies beneath has been completed for the task that asks. */
  async *#read(request: MirrorRead, signal: AbortSignal): AsyncGenerator<RecordItem> {
    const { accumulators, clock } = this.#options;
    const { attempt, batchTimeMs, partition, stageId, stream, timeMs, uid } = request;
    const dataset = await this.#stream(stream).at(timeMs);
    invariant(dataset instanceof RDDNode, "an executor asks for partitions of what there is");
    const task: TaskContext = {
      attempt,
      batchTimeMs,
      partition,
      signal,
      stageId,
      uid,
      accumulated: new Map(),
    };
    const flow = new Flow(task, new Pacer(clock, signal));
    const chunks = new RecordChunks(dataset.site, task);
    const job = { attempt, batchTimeMs: timeMs, signal, uid: uid ?? "", accumulated: [] };
    await readingOnBehalf(() =>
      inJob(job, () =>
        computingFor(dataset, () =>
          inTask(task, () => dataset.run(partition, flow, (record) => chunks.add(record))),
        ),
      ),
    );
    yield* chunks.finish();
    yield { accumulated: accumulators.encode(task.accumulated) };
  }

  #stream(name: string): StreamLineage {
    const stream = this.#options.graph.streamNamed(name);
    if (stream === undefined) throw new StreamError("mirror_differs", { stream: name });
    return stream;
  }

  #stateful(name: string): StatefulStream {
    return this.#stream(name) as StatefulStream;
  }
}
