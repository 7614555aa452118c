/**
 * Owns: the life of an executor, from the moment its program has built the graph: it mirrors the driver's, proves that it is
 * the same, and serves.
 * Does not own: how the program is loaded (src/context), the connection (../wire, ../processes).
 */
import { type Clock, StreamError } from "../../base/index.ts";
import type { GraphState, StatefulStream, StreamGraph } from "../../core/index.ts";
import type { HostedState } from "../../state/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import type { ExecutorLink, Handlers } from "../executors.ts";
import { StateHost, type StateNotices, type StateRequests } from "../state/index.ts";
import { DriverMirror } from "./driver-mirror.ts";
import { MirroredGraph } from "./mirrored-graph.ts";
import type { MappedRequest } from "./task-messages.ts";
import { TaskRunner } from "./task-runner.ts";

/** How many records travel together. */
const mappedAtOnce = 1024;

/** What the program of an executor has built. */
export interface ServedProgram {
  readonly graph: StreamGraph;
  readonly accumulators: AccumulatorRegistry;
  readonly fingerprint: string;
  readonly clock: Clock;
  /** What else is served. */
  readonly serves?: ((link: ExecutorLink) => Handlers) | undefined;
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
    const { accumulators, clock, close, fingerprint, graph, serves } = program;
    const link = this.#link;
    this.mirror.countIn(accumulators);
    const mirrored = new MirroredGraph(graph);
    const states = new StateHost((uid) => hostedBy(graph, uid));
    const runner = new TaskRunner({ graph, mirrored, accumulators, states, clock, link });
    link.serve({
      ...runner.handlers,
      ...mirrored.handlers,
      ...stateHandlers(graph, mirrored, states),
      ...serves?.(link),
      "graph.start": (state) => mirrored.start(state as GraphState),
    });
    if (close !== undefined) link.onLeaving(close);
    return link.ready(fingerprint);
  }
}

const notices: readonly (keyof StateNotices)[] = [
  "state.take",
  "state.discard",
  "state.forget",
  "state.loaded",
  "state.track",
  "state.cut",
  "state.snapshot",
  "state.confirm",
  "state.release",
];

/** What the driver and other executors ask of the states that are here. */
function stateHandlers(graph: StreamGraph, mirrored: MirroredGraph, host: StateHost): Handlers {
  const told = notices.map((method) => [
    method,
    (value: unknown) => host.notice(method, value as StateNotices[typeof method]),
  ]);
  return {
    ...(Object.fromEntries(told) as Handlers),
    "state.apply": (value) => host.request("state.apply", value as StateRequests["state.apply"]),
    "state.load": (value) => host.request("state.load", value as StateRequests["state.load"]),
    "state.scan": (value) => host.scan(value as StateRequests["state.scan"]),
    "state.entries": (value) => host.entries(value as StateRequests["state.entries"]),
    "state.mapped": (value) => mapped(graph, mirrored, host, value as MappedRequest),
  };
}

/** What the function of a state returned in one task, in arrays. */
async function* mapped(
  graph: StreamGraph,
  mirrored: MirroredGraph,
  host: StateHost,
  { part, partition, timeMs, uid }: MappedRequest,
): AsyncGenerator<readonly unknown[]> {
  await host.turnOf({ uid, partition });
  const records = await mirrored.keeping(() =>
    statefulOf(graph, uid).mappedAt(timeMs, partition, part),
  );
  for (let from = 0; from < records.length; from += mappedAtOnce) {
    yield records.slice(from, from + mappedAtOnce);
  }
}

function hostedBy(graph: StreamGraph, uid: string): HostedState<unknown, unknown> {
  const { hostedState } = statefulOf(graph, uid);
  if (hostedState === undefined) throw new StreamError("mirror_differs", { operator: uid });
  return hostedState;
}

function statefulOf(graph: StreamGraph, uid: string): StatefulStream {
  const stream = graph.statefulInUse.find((each) => each.uid === uid);
  if (stream === undefined) throw new StreamError("mirror_differs", { operator: uid });
  return stream;
}
