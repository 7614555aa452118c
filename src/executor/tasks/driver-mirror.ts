/**
 * Owns: what the graph of an executor asks the driver.
 * Does not own: the answers (mirror-service.ts, on the driver), what is asked about states that executors have (../state).
 */
import { reasonOf, StreamError } from "../../base/index.ts";
import { decodeValue } from "../../codec/index.ts";
import type {
  DatasetShape,
  GraphMirror,
  InputFacts,
  StateFacts,
  TaskContext,
} from "../../core/index.ts";
import type { AccumulatorRegistry } from "../accumulator-registry.ts";
import type { ExecutorLink } from "../executors.ts";
import { recordsOf } from "./record-chunks.ts";
import type { MirrorRead, OwnerRequest, RecordItem } from "./task-messages.ts";

/** The driver, as the graph of an executor sees it. */
export class DriverMirror implements GraphMirror {
  readonly #link: Pick<ExecutorLink, "id" | "driver" | "peer">;
  #accumulators: AccumulatorRegistry | undefined;

  /** The link is asked for the driver only when the executor serves. */
  constructor(link: Pick<ExecutorLink, "id" | "driver" | "peer">) {
    this.#link = link;
  }

  /** Tells where the accumulators of the program are, once it has been built. */
  countIn(accumulators: AccumulatorRegistry): void {
    this.#accumulators = accumulators;
  }

  async inputAt(stream: string, timeMs: number): Promise<InputFacts | undefined> {
    const pin = await this.#ask<Uint8Array | undefined>("mirror.input", { stream, timeMs });
    return pin && { pin: decodeValue(pin) };
  }

  shapeAt(stream: string, timeMs: number): Promise<DatasetShape | undefined> {
    return this.#ask("mirror.shape", { stream, timeMs });
  }

  partsAt(stream: string, timeMs: number): Promise<readonly number[]> {
    return this.#ask("mirror.parts", { stream, timeMs });
  }

  stateAt(stream: string, timeMs: number): Promise<StateFacts | undefined> {
    return this.#ask("mirror.state", { stream, timeMs });
  }

  async *readState({
    part,
    partition,
    timeMs,
    uid,
    what,
  }: Parameters<GraphMirror["readState"]>[0]): AsyncGenerator<readonly unknown[]> {
    const request: OwnerRequest = { uid, partition };
    const owner = await this.#ask<string>("mirror.owner", request);
    const { id } = this.#link;
    // It has come here since this was asked for: the task runs again, and finds it.
    if (owner === id) {
      throw new StreamError("state_partition_elsewhere", { operator: uid, partition });
    }
    const peer = this.#link.peer(owner);
    yield* (
      what === "pairs"
        ? peer.stream("state.scan", { uid, partition, version: timeMs })
        : peer.stream("state.mapped", { uid, partition, timeMs, part })
    ) as AsyncIterable<readonly unknown[]>;
  }

  async *read(
    place: { readonly stream: string; readonly timeMs: number; readonly partition: number },
    task: TaskContext,
  ): AsyncGenerator<readonly unknown[]> {
    const { attempt, batchTimeMs, signal, stageId, uid } = task;
    const request: MirrorRead = { ...place, attempt, batchTimeMs, stageId, uid };
    const items = this.#link.driver.stream("mirror.read", request, { signal });
    for await (const item of items as AsyncIterable<RecordItem>) {
      if ("records" in item) yield recordsOf(item.records);
      else this.#accumulators?.join(task.accumulated, item.accumulated);
    }
  }

  reportError(streamId: number, message: string, error: unknown): void {
    const reason = error === undefined ? undefined : reasonOf(error);
    this.#link.driver.notify("mirror.error", { streamId, message, reason });
  }

  async #ask<R>(method: string, value: unknown): Promise<R> {
    return (await this.#link.driver.request(method, value)) as R;
  }
}
