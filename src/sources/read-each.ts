/**
 * Owns: reading whatever can be iterated, to its end or until a signal aborts, and closing it then.
 * Does not own: what is done with the records (`take`).
 *
 * Invariants: I1 the next record is asked for when the one before was taken. I2 the event loop turns between slices of
 * reading, also where nothing in the iterable waits. I3 what was opened is closed, however the reading ends.
 */
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { type Clock, StreamError } from "../base/index.ts";
import { Pacer } from "../core/index.ts";
import type { Take } from "./decoder.ts";

/** Whatever can be iterated; Readables and ReadableStreams can. */
export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/** What reading may use. */
export interface ReadingOptions {
  readonly clock: Clock;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Hears why something could not be closed. */
  readonly closeFailed: (error: unknown) => void;
}

/** Throws `argument_invalid` unless it can be iterated. */
export function checkIterable(argument: string, value: unknown): void {
  const isIterable =
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
  if (isIterable) return;
  const expected = "an iterable or asynchronous iterable, or a function that returns one";
  throw new StreamError("argument_invalid", { argument, value, expected });
}

/** A `Take` that lets the event loop turn now and then; it rejects when the signal has aborted. */
export function paced<T>(take: Take<T>, { clock, signal }: ReadingOptions): Take<T> {
  const pacer = new Pacer(clock, signal);
  let left = pacer.chunkRecords;
  const breathe = async (taken: void | Promise<void>) => {
    await taken;
    if (pacer.sliceIsOver()) await pacer.pause();
    signal.throwIfAborted();
    left = pacer.chunkRecords;
  };
  return (record) => {
    const taken = take(record);
    left -= 1;
    return left > 0 ? taken : breathe(taken);
  };
}

/** Resolves when all records are taken or the signal has aborted; rejects with what the iterable or `take` threw. */
export async function readEach<T>(
  source: AnyIterable<T>,
  take: Take<T>,
  options: ReadingOptions,
): Promise<void> {
  if (Symbol.asyncIterator in source) return readAsynchronous(source, take, options);
  const { signal } = options;
  // It may have aborted while the source was being opened.
  if (signal.aborted) return;
  for (const record of source) {
    const taken = take(record);
    if (taken === undefined) continue;
    await taken;
    if (signal.aborted) return;
  }
}

async function readAsynchronous<T>(
  source: AsyncIterable<T>,
  take: Take<T>,
  { closeFailed, signal }: ReadingOptions,
): Promise<void> {
  const iterator = iteratorOf(source);
  // An iterator that waits for its source is not asked again, so that its loop here could end.
  const close = () => void closing(source, iterator).catch(closeFailed);
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  try {
    for await (const record of { [Symbol.asyncIterator]: () => iterator }) {
      // Also when the signal has aborted meanwhile: it would be lost.
      const taken = take(record);
      if (taken !== undefined) await taken;
      if (signal.aborted) return;
    }
  } finally {
    signal.removeEventListener("abort", close);
  }
}

async function closing(source: unknown, iterator: AsyncIterator<unknown>): Promise<void> {
  // The iterator of a Readable would not close before its source gives something or ends.
  if (source instanceof Readable) source.destroy();
  else await iterator.return?.();
}

/** A ReadableStream's own iterator would not close while it waits; a reader does. */
function iteratorOf<T>(source: AsyncIterable<T>): AsyncIterator<T> {
  if (!(source instanceof ReadableStream)) return source[Symbol.asyncIterator]();
  const reader = (source as ReadableStream<T>).getReader();
  return {
    next: async () => {
      const { done, value } = await reader.read();
      return done ? { done, value: undefined } : { done, value };
    },
    return: async () => {
      await reader.cancel();
      return { done: true, value: undefined };
    },
  };
}
