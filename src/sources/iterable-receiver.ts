/**
 * Owns: the receiver of the records of an iterable.
 * Does not own: when the iterable is opened (source-receiver.ts), how it is read (read-each.ts).
 */
import { StreamError } from "../base/index.ts";
import { type AnyIterable, paced, type ReadingOptions, readEach } from "./read-each.ts";
import type { Reopenable } from "./reopenable.ts";
import { type SourceOptions, SourceReceiver } from "./source-receiver.ts";

/** Stores what an iterable yields, record by record; the iterable waits while records cannot be taken. */
export class IterableReceiver<T> extends SourceReceiver<T, T> {
  protected override read(source: AnyIterable<T>, options: ReadingOptions): Promise<void> {
    const take = paced((record: T) => this.#take(record), options);
    return readEach(source, take, options);
  }

  #take(record: T): void | Promise<void> {
    const taken = this.store(record);
    // Beside the reading, which it must not delay.
    taken?.catch((error: unknown) => this.#refused(record, error));
    return taken;
  }

  /** The iterable will not yield it again: a record that waits when the receiver is stopped is stored while it still may be. */
  #refused(record: T, error: unknown): void {
    if (!(error instanceof StreamError && error.code === "receiver_stopping")) return;
    this.store(record)?.catch((again: unknown) => this.reportError("a record is lost", again));
  }
}

/**
 * A receiver of what an iterable yields, asynchronous or not; a Readable or ReadableStream of objects is one too. When
 * the iterable ends, so do its records, quietly. Given by a function it is opened again after an error or a restart of
 * the receiver, and yields then what it likes; else such an error is reported and the records end. Throws
 * `argument_invalid`, `storage_level_unknown`.
 */
export function fromIterable<T>(
  source: Reopenable<AnyIterable<T>>,
  options: SourceOptions = {},
): IterableReceiver<T> {
  return new IterableReceiver(source, options);
}
