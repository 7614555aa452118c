/** Owns: the hash that a footer carries, computed while a segment is read. */
import { createHash, type Hash } from "node:crypto";

/** Grows part by part; once a part could not be read, nothing can be said any more. */
export class SegmentHash {
  #hash: Hash | undefined = createHash("sha256");

  add(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
  }

  lose(): void {
    this.#hash = undefined;
  }

  contradicts(hash: Uint8Array): boolean {
    return this.#hash !== undefined && !this.#hash.copy().digest().equals(hash);
  }
}
