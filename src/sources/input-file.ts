/**
 * Owns: a file that was chosen as input: what it was then, and reading it only as long as it is still that.
 * Does not own: which files are chosen (file-listing.ts, file-selection.ts), what their bytes mean (file-format.ts).
 * Invariants: I1 whoever has read all bytes without an error has read the file as it was chosen, however often it is read.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { StreamError } from "../base/index.ts";

/** What a file was when it was chosen. */
export interface FilePin {
  readonly path: string;
  readonly byteCount: number;
  /** When it was modified last, in ms since the epoch, with fractions where the file system has them. */
  readonly modifiedMs: number;
  /** When the directory was shown that it was saved with; undefined for a file that no manifest names. */
  readonly shownMs?: number | undefined;
  /** What its manifest says of its bytes, in hexadecimal digits. */
  readonly sha256?: string | undefined;
}

const chunkBytes = 262_144;

/**
 * A file to be read. All reading throws `input_changed` or `input_unreadable`, and `manifest_mismatch` before the last
 * bytes of a file that is read as a whole and is not what its manifest says.
 */
export class InputFile implements FilePin {
  readonly path: string;
  readonly byteCount: number;
  readonly modifiedMs: number;
  readonly shownMs: number | undefined;
  readonly sha256: string | undefined;

  constructor(pin: FilePin) {
    this.path = pin.path;
    this.byteCount = pin.byteCount;
    this.modifiedMs = pin.modifiedMs;
    this.shownMs = pin.shownMs;
    this.sha256 = pin.sha256;
  }

  /** All bytes, in chunks that belong to the caller. */
  stream(): AsyncIterable<Uint8Array> {
    return this.chunks();
  }

  /** All bytes at once. */
  async bytes(): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks()) chunks.push(chunk);
    return Buffer.concat(chunks, this.byteCount);
  }

  /** The whole file as UTF-8 text, without a byte order mark; throws a TypeError for other bytes. */
  async text(): Promise<string> {
    return new TextDecoder("utf-8", { fatal: true }).decode(await this.bytes());
  }

  /** The bytes of a range, in chunks of just that many bytes; the last one may have fewer. */
  async *chunks(
    range: { readonly from?: number; readonly until?: number; readonly chunkBytes?: number } = {},
  ): AsyncGenerator<Buffer, void, undefined> {
    const until = range.until ?? this.byteCount;
    const from = range.from ?? 0;
    const isWhole = from === 0 && until === this.byteCount;
    const hash = isWhole && this.sha256 !== undefined ? createHash("sha256") : undefined;
    const handle = await this.#open();
    try {
      await this.#verify(handle);
      for (let position = from; position < until; ) {
        const length = Math.min(range.chunkBytes ?? chunkBytes, until - position);
        const chunk = await this.#readExactly(handle, position, length);
        hash?.update(chunk);
        position += length;
        // Before the last chunk goes out: who has found in it what he looked for reads no further.
        if (hash !== undefined && position >= until) this.#verifySha256(hash.digest("hex"));
        yield chunk;
      }
      await this.#verify(handle);
    } finally {
      await handle.close();
    }
  }

  async #open(): Promise<FileHandle> {
    try {
      return await open(this.path, "r");
    } catch (error) {
      throw isMissing(error) ? this.#changed("it is gone") : this.#unreadable(error);
    }
  }

  async #readExactly(handle: FileHandle, position: number, length: number): Promise<Buffer> {
    const chunk = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.#io(() =>
        handle.read(chunk, filled, length - filled, position + filled),
      );
      if (bytesRead === 0) throw this.#changed("it is shorter");
      filled += bytesRead;
    }
    return chunk;
  }

  async #verify(handle: FileHandle): Promise<void> {
    const { mtimeMs, size } = await this.#io(() => handle.stat());
    if (size !== this.byteCount) throw this.#changed(`it has ${size} bytes`);
    if (mtimeMs !== this.modifiedMs) throw this.#changed(`it was modified at ${mtimeMs}`);
  }

  #verifySha256(found: string): void {
    const { path: file, sha256: saved } = this;
    if (found !== saved) throw new StreamError("manifest_mismatch", { file, sha256: found, saved });
  }

  async #io<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  #changed(reason: string): StreamError {
    const { path: file, byteCount, modifiedMs } = this;
    return new StreamError("input_changed", { file, reason, byteCount, modifiedMs });
  }

  #unreadable(cause: unknown): StreamError {
    return new StreamError("input_unreadable", { file: this.path }, { cause });
  }
}

/** Whether an error of the file system says that there is nothing of that name. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
