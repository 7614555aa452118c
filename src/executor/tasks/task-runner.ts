/**
 * Owns: running tasks in an executor: finding what they work on in its own graph, with what the driver knows of the stages
 * before, and telling what they have come to.
 * Does not own: which tasks there are and when they run (the driver), the graph (mirrored-graph.ts), fetching buckets
 * (bucket-reader.ts).
 *
 * I1. The output of a map task is kept here, and the driver is told that it is; nothing of it goes to the driver.
 * I2. What accumulators were given is told with the outcome of the task, and kept nowhere.
 */
import { type Clock, invariant, StreamError } from "../../base/index.ts";
import { decodeValue, encodeValue } from "../../codec/index.ts";
import {
  counting,
  encodeRecords,
  Flow,
  inJob,
  inTask,
  Pacer,
  type PartitionAction,
  type PartitionBody,
  type RDDNode,
  type SharedStage,
  Shuffle,
  type StageAddress,
  type StageBarrier,
  type StorageLevelName,
  type StreamGraph,
  savingPart,
  stagesBefore,
  storageLevel,
  type TaskContext,
  textWriter,
} from "../../core/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import type { ExecutorLink, Handlers } from "../executors.ts";
import type { StateHost } from "../state/index.ts";
import { BucketReader, missing } from "./bucket-reader.ts";
import type { MirroredGraph } from "./mirrored-graph.ts";
import { encodedAs, RecordChunks } from "./record-chunks.ts";
import { bucketItems, ShuffleOutputs } from "./shuffle-outputs.ts";
import type {
  BucketItem,
  BucketRequest,
  RecordItem,
  StageKnowledge,
  TaskReply,
  TaskRequest,
} from "./task-messages.ts";

export interface TaskRunnerOptions {
  readonly graph: StreamGraph;
  readonly mirrored: MirroredGraph;
  readonly accumulators: AccumulatorRegistry;
  /** The partitions of states that this executor has. */
  readonly states: StateHost;
  readonly clock: Clock;
  readonly link: Pick<ExecutorLink, "id" | "peer" | "enter">;
}

/** Runs the tasks that the driver sends. */
export class TaskRunner {
  readonly #options: TaskRunnerOptions;
  readonly #outputs = new ShuffleOutputs();
  readonly #reader: BucketReader;

  constructor(options: TaskRunnerOptions) {
    this.#options = options;
    this.#reader = new BucketReader(options.link, (stage, task, reducePartition) =>
      this.#bucketOf(stage, task, reducePartition),
    );
  }

  get handlers(): Handlers {
    return {
      "task.run": (request, { signal }) => this.#run(request as TaskRequest, signal),
      "task.records": (request, { signal }) => this.#records(request as TaskRequest, signal),
      "shuffle.read": (request) => this.#buckets(request as BucketRequest),
    };
  }

  async #run(request: TaskRequest, signal: AbortSignal): Promise<TaskReply> {
    const { target } = request;
    const task = taskOf(request, signal);
    const outcome = await this.#within(task, () => {
      if (target.kind === "stage") return this.#runStage(target.stage, request, task);
      if (target.kind === "state") return this.#runState(target, request, task);
      return this.#runAction(target, request, task);
    });
    return { outcome, accumulated: this.#options.accumulators.encode(task.accumulated) };
  }

  async #runStage(
    address: StageAddress,
    request: TaskRequest,
    task: TaskContext,
  ): Promise<Uint8Array | undefined> {
    const { partition } = request;
    const stage = await this.#options.mirrored.stage(address);
    await this.#prepare(stage, stage.taskCount, request);
    const flow = this.#flow(task);
    await this.#at(stage, () => inTask(task, () => stage.runTask(partition, flow)));
    if (stage instanceof Shuffle) {
      await this.#keep(stage, partition, flow);
      return undefined;
    }
    const outcome = sharedStage(stage).outcomeOf(partition);
    return encodedAs(stage.site, task, () => encodeValue(outcome));
  }

  /** Fills the update of a partition that is here; it waits, out of sight, until the driver has it applied. */
  async #runState(
    { facts, madeAtMs, stream: uid, versionMs }: Extract<TaskRequest["target"], { kind: "state" }>,
    request: TaskRequest,
    task: TaskContext,
  ): Promise<undefined> {
    const { partition } = request;
    const { graph, states } = this.#options;
    const stream = graph.statefulInUse.find((each) => each.uid === uid);
    await stream?.at(madeAtMs);
    const stage = stream?.updateAt(versionMs);
    if (stream === undefined || stage === undefined) {
      throw new StreamError("mirror_differs", { operator: uid, timeMs: versionMs });
    }
    stream.takeTaskFacts(versionMs, facts);
    await this.#prepare(stage, stage.taskCount, request);
    await states.turnOf({ uid, partition });
    await this.#at(stage, () => inTask(task, () => stage.runTask(partition, this.#flow(task))));
  }

  /** Encodes the buckets of a map task that has run, and keeps them. */
  async #keep(
    shuffle: Shuffle<unknown, unknown, unknown>,
    partition: number,
    flow: Flow,
  ): Promise<void> {
    const buckets: Uint8Array[] = [];
    for (const bucket of shuffle.handOver(partition)) {
      const pairs = Array.isArray(bucket) ? bucket : [...bucket];
      const encoding = encodeRecords(pairs, flow.pacer);
      const bytes = await encoding.catch((error: unknown) =>
        encodedAs(shuffle.site, flow.task, () => {
          throw error;
        }),
      );
      buckets.push(bytes);
    }
    this.#outputs.keep(shuffle, partition, buckets);
  }

  async #runAction(
    { action, dataset: address }: Extract<TaskRequest["target"], { kind: "action" }>,
    request: TaskRequest,
    task: TaskContext,
  ): Promise<Uint8Array> {
    const dataset = await this.#options.mirrored.dataset(address);
    await this.#prepare(dataset, dataset.partitionCount, request);
    const flow = this.#flow(task);
    const body = this.#bodyOf(dataset, action);
    const { partition } = request;
    const result = await this.#at(dataset, () =>
      inTask(task, async () =>
        body({ partition, flow, each: (push) => dataset.run(partition, flow, push) }),
      ),
    );
    return encodedAs(dataset.site, task, () => encodeValue(result));
  }

  async *#records(request: TaskRequest, signal: AbortSignal): AsyncGenerator<RecordItem> {
    const { target } = request;
    invariant(
      target.kind === "action" && target.action.kind === "records",
      "records are asked for by an action",
    );
    const task = taskOf(request, signal);
    const { limit = Number.POSITIVE_INFINITY } = target.action;
    const chunks = await this.#within(task, async () => {
      const dataset = await this.#options.mirrored.dataset(target.dataset);
      await this.#prepare(dataset, dataset.partitionCount, request);
      const flow = this.#flow(task);
      const gathered = new RecordChunks(dataset.site, task);
      let left = limit;
      await this.#at(dataset, () =>
        inTask(task, () =>
          dataset.run(request.partition, flow, (record) => {
            gathered.add(record);
            if (--left <= 0) flow.stopped = true;
          }),
        ),
      );
      return [...gathered.finish()];
    });
    yield* chunks;
    yield { accumulated: this.#options.accumulators.encode(task.accumulated) };
  }

  #bodyOf(dataset: RDDNode<unknown>, action: PartitionAction): PartitionBody<unknown, unknown> {
    const { graph } = this.#options;
    switch (action.kind) {
      case "count":
        return counting;
      case "save": {
        const { files } = dataset.environment;
        const writer = action.writing === "text" ? textWriter : files.objectWriter;
        return savingPart(dataset, action.attempt, writer);
      }
      case "output": {
        const output = graph.outputNamed(action.uid);
        if (output === undefined) throw new StreamError("mirror_differs", { output: action.uid });
        return output.workOn(dataset, action.given);
      }
      case "records":
        throw new StreamError("invariant_violated", { claim: "records are streamed" });
    }
  }

  /** Takes in what the driver knows, and completes what every process completes for itself. */
  async #prepare(
    target: RDDNode<unknown> | StageBarrier,
    partitionCount: number,
    request: TaskRequest,
  ): Promise<void> {
    if (partitionCount !== request.partitionCount) {
      const details = { partitions: [request.partitionCount, partitionCount] };
      throw new StreamError("mirror_differs", { operator: target.site.uid, ...details });
    }
    for (const known of request.known) await this.#learn(known);
    for (const { dataset, level } of request.kept) {
      const kept = await this.#options.mirrored.dataset(dataset);
      kept.persist(storageLevel(level as StorageLevelName));
    }
    const { environment } = this.#options.graph;
    // What was asked of the states that are here comes first: a version that is read may still be on its way into them.
    await this.#options.states.settled();
    const own = stagesBefore(target).filter(
      (stage) => stage.address === undefined && stage.purpose !== "state",
    );
    await environment.runStages(own);
  }

  async #learn(known: StageKnowledge): Promise<void> {
    const stage = await this.#options.mirrored.stage(known.stage);
    if (known.kind === "facts") sharedStage(stage).learn(decodeValue(known.facts));
    else if (stage instanceof Shuffle)
      stage.fetchBy(this.#reader.fetcher(known.stage, known.places));
  }

  #buckets({ reducePartition, stage, tasks }: BucketRequest): Iterable<BucketItem> {
    return bucketItems(
      tasks.map((task) => {
        const bytes = this.#bucketOf(stage, task, reducePartition);
        if (bytes === undefined) throw missing(stage, [task]);
        return { task, bytes };
      }),
    );
  }

  #bucketOf(address: StageAddress, task: number, reducePartition: number): Uint8Array | undefined {
    const stage = this.#options.mirrored.stageHere(address);
    if (!(stage instanceof Shuffle)) return undefined;
    return this.#outputs.bucketOf(stage, task, reducePartition);
  }

  /** As part of a job, so that whatever is run on the way belongs to it. */
  #within<R>(task: TaskContext, work: () => Promise<R>): Promise<R> {
    const { attempt, batchTimeMs = 0, signal, uid = "" } = task;
    const job = { attempt, batchTimeMs, signal, uid, accumulated: [] };
    return this.#options.mirrored.keeping(() => inJob(job, work));
  }

  /** Tells the operator to whoever watches for code that never comes back. */
  async #at<R>({ site }: { readonly site: { uid: string } }, work: () => Promise<R>): Promise<R> {
    const { link } = this.#options;
    link.enter(site.uid);
    try {
      return await work();
    } finally {
      link.enter(undefined);
    }
  }

  #flow(task: TaskContext): Flow {
    return new Flow(task, new Pacer(this.#options.clock, task.signal));
  }
}

function taskOf(request: TaskRequest, signal: AbortSignal): TaskContext {
  const { attempt, batchTimeMs, partition, stageId, uid } = request;
  return { attempt, batchTimeMs, partition, signal, stageId, uid, accumulated: new Map() };
}

function sharedStage(stage: StageBarrier): SharedStage {
  invariant("outcomeOf" in stage, "a stage with an address tells what its tasks have come to");
  return stage as SharedStage;
}
