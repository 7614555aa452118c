/** Owns: the datasets of a receiver stream: at each batch time the blocks that were allocated to it, one partition each. */
import {
  type AnyFunction,
  InputDStream,
  type InputHost,
  type PartitionReader,
  pushArray,
  RDD,
  SourceNode,
} from "../core/index.ts";
import type { ReceivedBlock } from "./block-reader.ts";
import type { Receiver } from "./receiver.ts";

/** A stream of what a receiver stores. It has a dataset at every batch time, an empty one where nothing came. */
export class ReceiverInputStream<T> extends InputDStream<T> {
  readonly kind = "receiver";
  override readonly parameters: readonly unknown[];
  override readonly functions: readonly AnyFunction[];
  /** The tracker knows the blocks of each batch, and the receiver log keeps them. */
  override readonly replay = "source";
  readonly receiver: Receiver<T>;
  readonly #blocksOf: (streamUid: string, timeMs: number) => readonly ReceivedBlock[];
  #host: InputHost | undefined;

  constructor(
    receiver: Receiver<T>,
    blocksOf: (streamUid: string, timeMs: number) => readonly ReceivedBlock[],
  ) {
    super();
    this.receiver = receiver;
    this.parameters = [receiver.constructor.name];
    this.functions = receiver.functions;
    this.#blocksOf = blocksOf;
  }

  override get isResumable(): boolean {
    return this.receiver.isResumable;
  }

  /** What the driver knows of blocks is not in the program. */
  override get isMadeAnywhere(): boolean {
    return false;
  }

  override start(host: InputHost): void {
    this.#host = host;
  }

  compute(timeMs: number): RDD<T> | undefined {
    const host = this.#host;
    if (host === undefined) return undefined;
    const blocks = this.#blocksOf(host.streamUid, timeMs);
    host.reportInput(
      timeMs,
      blocks.reduce((sum, block) => sum + block.record.recordCount, 0),
    );
    const readers = blocks.map(
      (block): PartitionReader<T> =>
        async (flow, push) =>
          pushArray((await block.read()) as readonly T[], flow, push),
    );
    return new RDD(new SourceNode<T>(host.environment, "blocks", readers));
  }
}
