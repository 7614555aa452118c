/**
 * Owns: the LevelDB database of one keyed state: that it is made anew, its reads and writes, and its
 * end.
 * Does not own: what lies in it (level-records.ts). Truth is the snapshots of a state: LevelDB opens
 * damaged files without complaint, so nothing that lay there before is ever read.
 *
 * I1. After a failure nothing can be done with it any more: what it holds is unknown. The state comes
 *     back from its snapshots, in another life of the program.
 */
import { Buffer } from "node:buffer";
import type { ChainedBatch, ClassicLevel, Snapshot } from "classic-level";
import { invariant, reasonOf, StreamError } from "../base/index.ts";
import type { LevelRange } from "./level-records.ts";

type Level = ClassicLevel<string, Buffer>;

/** Reads as of one moment. */
export type LevelView = Snapshot;

/** Writes that come about together. */
export type LevelBatch = Pick<ChainedBatch<Level, string, Buffer>, "put" | "del">;

/** A pair of key and record. */
export type LevelPair = readonly [key: string, bytes: Buffer];

/** A chunk of a pass is at most about so large, whatever its values are. */
const chunkBytesMax = 1 << 20;

export class LevelDatabase {
  readonly #directoryOf: () => string;
  #level: Level | undefined;
  #opening: Promise<void> | undefined;
  #failure: StreamError | undefined;
  #isClosed = false;

  /** The directory is asked for when the database is opened; what is in it then is lost. */
  constructor(directoryOf: () => string) {
    this.#directoryOf = directoryOf;
  }

  /**
   * Opens it, empty; undefined where it is open. Rejects with `state_directory_in_use`,
   * `state_backend_failed`.
   */
  open(): Promise<void> | undefined {
    if (this.#level !== undefined) return undefined;
    this.#opening ??= this.#open();
    return this.#opening;
  }

  get(key: string, view?: LevelView): Buffer | undefined {
    try {
      // As bytes: classic-level 3.0.0 looks up a text that is longer than any before it without its
      // end, where that is not ASCII.
      return this.#opened.getSync<Buffer, Buffer>(Buffer.from(key), {
        keyEncoding: "buffer",
        valueEncoding: "buffer",
        ...(view === undefined ? {} : { snapshot: view }),
      });
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** Up to `countMax` pairs of a range, in the order of keys, those behind `after`; none at its end. */
  async chunk(
    { gte, lt }: LevelRange,
    { after, countMax, view }: { after: string | undefined; countMax: number; view?: LevelView },
  ): Promise<readonly LevelPair[]> {
    return this.#guarded(async (level) => {
      const iterator = level.iterator<string, Buffer>({
        ...(after === undefined ? { gte } : { gt: after }),
        lt,
        ...(view === undefined ? {} : { snapshot: view }),
        highWaterMarkBytes: chunkBytesMax,
      });
      try {
        return await iterator.nextv(countMax);
      } finally {
        await iterator.close();
      }
    });
  }

  /** Writes all that `fill` puts and deletes, together. */
  async write(fill: (batch: LevelBatch) => void): Promise<void> {
    await this.#guarded(async (level) => {
      const batch = level.batch();
      try {
        fill(batch);
      } catch (thrown) {
        await batch.close();
        throw thrown;
      }
      await batch.write();
    });
  }

  async clear(range: LevelRange): Promise<void> {
    await this.#guarded((level) => level.clear(range));
  }

  view(): LevelView {
    try {
      return this.#opened.snapshot();
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** Ends it, and leaves nothing of it. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#opening?.catch(() => {});
    const level = this.#level;
    if (level === undefined) return;
    await level.close();
    const { ClassicLevel } = await import("classic-level");
    await ClassicLevel.destroy(level.location);
  }

  get #opened(): Level {
    if (this.#failure !== undefined) throw this.#failure;
    invariant(this.#level !== undefined, "the database of a state is opened before it is used");
    return this.#level;
  }

  async #open(): Promise<void> {
    const directory = this.#directoryOf();
    const { ClassicLevel } = await import("classic-level");
    try {
      await ClassicLevel.destroy(directory);
      const level: Level = new ClassicLevel(directory, {
        keyEncoding: "utf8",
        valueEncoding: "buffer",
        cacheSize: 32 << 20,
        writeBufferSize: 8 << 20,
      });
      await level.open();
      this.#level = level;
    } catch (cause) {
      // Of a lock that somebody holds, neither call has a code of its own in all its releases.
      const reason = [cause, (cause as Error).cause].map((error) => reasonOf(error)).join(" ");
      if (/lock/i.test(reason)) {
        throw new StreamError("state_directory_in_use", { directory }, { cause });
      }
      throw new StreamError("state_backend_failed", { directory }, { cause });
    }
  }

  async #guarded<T>(work: (level: Level) => Promise<T>): Promise<T> {
    const level = this.#opened;
    try {
      return await work(level);
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** What is thrown by our own code inside is passed on, and harms nothing. */
  #failed(cause: unknown): StreamError {
    if (cause instanceof StreamError) return cause;
    const directory = this.#level?.location;
    this.#failure ??= new StreamError("state_backend_failed", { directory }, { cause });
    return this.#failure;
  }
}
