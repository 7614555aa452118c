/**
 * Owns: how many records and bytes may have been received without being in a completed batch, and
 * who waits for room.
 * Does not own: when a batch is complete (receiver-tracker.ts).
 *
 * Invariants: I1 those who wait are served in the order in which they came, and nobody passes them.
 * I2 what is larger than the whole bound is admitted when nothing else is pending, so nobody waits
 * for ever while batches complete.
 */

/** Room that somebody waits for; `taken` is called when it is theirs. */
export interface RoomRequest {
  readonly records: number;
  readonly bytes: number;
  readonly taken: () => void;
}

/**
 * The bound on received data that is not yet in a completed batch; all receivers of a context share
 * one.
 */
export class UnprocessedBound {
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  readonly #requests: RoomRequest[] = [];
  #records = 0;
  #bytes = 0;

  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
  }

  /** Records received and not yet in a completed batch. */
  get records(): number {
    return this.#records;
  }

  /** Bytes, of blocks that came as bytes, received and not yet in a completed batch. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes room if there is some and nobody waits for it already. */
  tryTake(records: number, bytes: number): boolean {
    if (this.#requests.length > 0 || !this.#fits(records, bytes)) return false;
    this.#take(records, bytes);
    return true;
  }

  /** Takes room that there may not be: of what was received before. */
  insist(records: number, bytes: number): void {
    this.#take(records, bytes);
  }

  /** Waits for room; the function that is returned gives the wait up. */
  request(request: RoomRequest): () => void {
    this.#requests.push(request);
    return () => {
      const index = this.#requests.indexOf(request);
      if (index === -1) return;
      this.#requests.splice(index, 1);
      this.#serve();
    };
  }

  release(records: number, bytes: number): void {
    this.#records -= records;
    this.#bytes -= bytes;
    this.#serve();
  }

  #serve(): void {
    for (let next = this.#requests[0]; next !== undefined; next = this.#requests[0]) {
      if (!this.#fits(next.records, next.bytes)) return;
      this.#requests.shift();
      this.#take(next.records, next.bytes);
      next.taken();
    }
  }

  #take(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
  }

  #fits(records: number, bytes: number): boolean {
    if (this.#records === 0 && this.#bytes === 0) return true;
    return this.#records + records <= this.#recordsMax && this.#bytes + bytes <= this.#bytesMax;
  }
}
