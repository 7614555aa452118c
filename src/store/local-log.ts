/**
 * Owns: a log that is open on a local file.
 * Invariants: I1 bytes are in the file in the order of the calls. I2 one sync at a time: of two at once the system may tell
 * only one that the disk failed. I3 after a failure of any kind nothing is appended or synced any more: the system drops
 * what it could not write, and the next sync would succeed without it.
 */
import type { OutputFile } from "../base/index.ts";
import type { AppendLog } from "./store.ts";

export interface LocalLogParts {
  readonly name: string;
  readonly file: OutputFile;
  /** Makes the name of the file durable. */
  readonly syncName: () => Promise<void>;
  /** Makes an error of the store of what was thrown. */
  readonly failure: (thrown: unknown) => unknown;
  /** Hears how many bytes are on the disk now. */
  readonly synced: (byteCount: number) => void;
  readonly closed: () => void;
}

export class LocalLog implements AppendLog {
  readonly name: string;
  readonly #parts: LocalLogParts;
  #byteCount = 0;
  #appended: Promise<void> = Promise.resolve();
  #synced: Promise<void> = Promise.resolve();
  #isNameSynced = false;
  #failure: { readonly error: unknown } | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: LocalLogParts) {
    this.name = parts.name;
    this.#parts = parts;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  append(bytes: Uint8Array): Promise<void> {
    const appended = this.#appended.then(() => this.#append(bytes));
    this.#appended = appended.catch(() => {});
    return appended;
  }

  sync(): Promise<void> {
    const synced = Promise.all([this.#appended, this.#synced]).then(() => this.#sync());
    this.#synced = synced.catch(() => {});
    return synced;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #append(bytes: Uint8Array): Promise<void> {
    await this.#guard(async () => {
      await this.#parts.file.append(bytes);
      this.#byteCount += bytes.length;
    });
  }

  async #sync(): Promise<void> {
    await this.#guard(async () => {
      const byteCount = this.#byteCount;
      await this.#parts.file.sync();
      if (!this.#isNameSynced) await this.#parts.syncName();
      this.#isNameSynced = true;
      this.#parts.synced(byteCount);
    });
  }

  async #close(): Promise<void> {
    await Promise.all([this.#appended, this.#synced]);
    // What comes after it finds the file closed.
    this.#failure ??= { error: this.#parts.failure(new Error("the log was closed")) };
    try {
      await this.#parts.file.close();
    } catch (error) {
      throw this.#parts.failure(error);
    } finally {
      this.#parts.closed();
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await work();
    } catch (error) {
      this.#failure ??= { error: this.#parts.failure(error) };
      throw this.#failure.error;
    }
  }
}
