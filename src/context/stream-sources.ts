/**
 * Owns: making streams: of sources, one short method per source, and of several streams.
 * Does not own: the sources (src/sources), the life of the context (streaming-context.ts).
 */
import { type Clock, instanceArgument, StreamError } from "../base/index.ts";
import {
  assertSameContext,
  type BodyOptions,
  type DatasetsOf,
  DStream,
  InputDStream,
  InputNode,
  type RDD,
  type StreamGraph,
  type StreamsOf,
  type TupleHint,
  transformed,
  UnionStreamNode,
} from "../core/index.ts";
import type { ExecutorLink, Handlers } from "../executor/index.ts";
import {
  Receiver,
  type ReceiverEvents,
  ReceiverInputStream,
  type ReceiverTracker,
  receiverReport,
} from "../receiver/index.ts";
import {
  type AnyIterable,
  binaryRecordsStream,
  type Chunk,
  ConstantInputStream,
  type DecoderFactory,
  type DirectoryOptions,
  type FileStreamOptions,
  fileStream,
  fromIterable,
  fromReadable,
  fromResumable,
  type LineOptions,
  QueueInputStream,
  type QueueStreamOptions,
  type RawSocketOptions,
  type ReadableOptions,
  type Reopenable,
  type ResumableOptions,
  type ResumableSource,
  rawSocketStream,
  type SocketOptions,
  type SourceOptions,
  socketStream,
  socketTextStream,
  type TextFileStreamOptions,
  textFileStream,
} from "../sources/index.ts";
import type { NamedDirectory } from "./context-directory.ts";
import { receiverHandlers } from "./executor-receivers.ts";

/** Makes streams. */
export abstract class StreamSources {
  protected readonly graph: StreamGraph;
  protected readonly tracker: ReceiverTracker;
  readonly #events: ReceiverEvents;
  readonly #clock: Clock;
  readonly #receivers = new Map<
    number,
    { readonly node: InputNode<unknown>; readonly receiver: Receiver<unknown> }
  >();

  constructor(graph: StreamGraph, tracker: ReceiverTracker, events: ReceiverEvents, clock: Clock) {
    this.graph = graph;
    this.tracker = tracker;
    this.#events = events;
    this.#clock = clock;
  }

  /** The stream of an input of one's own. */
  inputStream<T>(input: InputDStream<T>): DStream<T> {
    instanceArgument("input", input, InputDStream);
    return new DStream(this.#input(input));
  }

  /** The stream of what a receiver stores. */
  receiverStream<T>(receiver: Receiver<T>): DStream<T> {
    instanceArgument("receiver", receiver, Receiver);
    const input = new ReceiverInputStream(receiver, (uid, timeMs) =>
      this.tracker.blocksOf(uid, timeMs),
    );
    const node = this.#input(input);
    this.#receivers.set(node.streamId, { node, receiver });
    return new DStream(node);
  }

  /** The lines of UTF-8 text that a TCP server sends; connects again when the connection ends. */
  socketTextStream(
    host: string,
    port: number,
    options: SocketOptions & LineOptions = {},
  ): DStream<string> {
    return this.receiverStream(socketTextStream(host, port, options));
  }

  /** The records that a decoder makes of what a TCP server sends. */
  socketStream<T>(
    host: string,
    port: number,
    decoder: DecoderFactory<T>,
    options: SocketOptions = {},
  ): DStream<T> {
    return this.receiverStream(socketStream(host, port, decoder, options));
  }

  /** The records of blocks that a TCP server sends, each behind its length in 4 bytes, big-endian. */
  rawSocketStream<T>(host: string, port: number, options: RawSocketOptions<T> = {}): DStream<T> {
    return this.receiverStream(rawSocketStream(host, port, options));
  }

  /** The elements of an iterable, asynchronous or not; a function that makes one can be read again after an error. */
  iterableStream<T>(source: Reopenable<AnyIterable<T>>, options: SourceOptions = {}): DStream<T> {
    return this.receiverStream(fromIterable(source, { clock: this.#clock, ...options }));
  }

  /** The records of a Node Readable or a Web ReadableStream of bytes or text: its lines, or what a decoder makes of it. */
  readableStream(
    source: Reopenable<AnyIterable<Chunk>>,
    options?: ReadableOptions,
  ): DStream<string>;
  readableStream<T>(
    source: Reopenable<AnyIterable<Chunk>>,
    options: SourceOptions & { readonly decoder: DecoderFactory<T> },
  ): DStream<T>;
  readableStream<T>(
    source: Reopenable<AnyIterable<Chunk>>,
    options?: ReadableOptions & { readonly decoder?: DecoderFactory<T> },
  ): DStream<T> | DStream<string> {
    const { decoder, ...rest } = { clock: this.#clock, ...options };
    if (decoder === undefined) return this.receiverStream(fromReadable(source, rest));
    return this.receiverStream(fromReadable(source, { ...rest, decoder }));
  }

  /** The records of a source that tells positions and can be read from any of them on: each counts once. */
  resumableStream<T>(source: ResumableSource<T>, options: ResumableOptions = {}): DStream<T> {
    return this.receiverStream(fromResumable(source, { clock: this.#clock, ...options }));
  }

  /** The records that a parser makes of each new file of a directory, or of all directories that a pattern matches. */
  fileStream<T>(directory: string, options: FileStreamOptions<T>): DStream<T> {
    return this.inputStream(fileStream(directory, { bornMs: this.#clock.now(), ...options }));
  }

  /** The lines of each new text file of a directory, or of all directories that a pattern matches. */
  textFileStream(directory: string, options: TextFileStreamOptions = {}): DStream<string> {
    return this.inputStream(textFileStream(directory, { bornMs: this.#clock.now(), ...options }));
  }

  /** The records of `recordLength` bytes of each new file of a directory, or of all that a pattern matches. */
  binaryRecordsStream(
    directory: string,
    recordLength: number,
    options: DirectoryOptions = {},
  ): DStream<Uint8Array> {
    const born = { bornMs: this.#clock.now(), ...options };
    return this.inputStream(binaryRecordsStream(directory, recordLength, born));
  }

  /** The datasets of a queue, one per batch or all that are there; arrays of records count as datasets. */
  queueStream<T>(
    queue: (RDD<T> | readonly (T | TupleHint)[])[],
    options: QueueStreamOptions<T> = {},
  ): DStream<T> {
    return this.inputStream(new QueueInputStream(queue as (RDD<T> | readonly T[])[], options));
  }

  /** The same dataset in every batch. */
  constantStream<T>(dataset: RDD<T>): DStream<T> {
    const input = new ConstantInputStream(dataset);
    assertSameContext(dataset.node.environment, this.graph.environment);
    return this.inputStream(input);
  }

  /** One stream of all these; throws `streams_missing`, `contexts_differ`, `slides_differ`. */
  union<T>(streams: readonly DStream<T>[]): DStream<T> {
    checkStreams(streams);
    return new DStream(new UnionStreamNode(streams.map((stream) => stream.node)));
  }

  /** A stream made of several by a function over their datasets, as by a stream's `transform`; throws as `union`. */
  transform<Ts extends readonly unknown[], U>(
    streams: StreamsOf<Ts>,
    f: (datasets: DatasetsOf<Ts>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
    options?: BodyOptions,
  ): DStream<U> {
    checkStreams(streams);
    return transformed(streams, f, options);
  }

  /** The ids of the streams that have a receiver. */
  protected get receiverStreamIds(): Iterable<number> {
    return this.#receivers.keys();
  }

  protected registerReceivers(): void {
    for (const [streamId, { node, receiver }] of this.#receivers) {
      const name = `${receiver.constructor.name}-${streamId}`;
      this.tracker.register({ streamId, streamUid: node.uid, name, receiver });
    }
  }

  /** What an executor serves of the receivers of the program. */
  protected servesReceivers(
    directory: NamedDirectory | undefined,
    commitDelayMs = 0,
  ): (link: ExecutorLink) => Handlers {
    const receiverOf = (streamUid: string) => {
      const found = [...this.#receivers].find(([, { node }]) => node.uid === streamUid);
      if (found === undefined) return undefined;
      const [streamId, { receiver }] = found;
      return { streamId, name: `${receiver.constructor.name}-${streamId}`, receiver };
    };
    const clock = this.#clock;
    const { environment } = this.graph;
    const { tracker } = this;
    const options = { clock, directory, commitDelayMs, receiverOf, tracker, environment };
    return (link) => receiverHandlers(link, options);
  }

  #input<T>(input: InputDStream<T>): InputNode<T> {
    return new InputNode(this.graph, input, (streamId, message, error) => {
      const report = { streamId, name: input.kind, message, error, timeMs: this.#clock.now() };
      this.#events.receiverError(receiverReport(report));
    });
  }
}

/** Throws `argument_invalid` for what is no stream. */
function checkStreams(streams: readonly unknown[]): void {
  if (!Array.isArray(streams)) {
    const expected = "an array of streams";
    throw new StreamError("argument_invalid", { argument: "streams", value: streams, expected });
  }
  for (const stream of streams) instanceArgument("streams", stream, DStream);
}
