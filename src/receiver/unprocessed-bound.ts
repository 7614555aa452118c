/**
 * Owns: how many records and bytes may have been received without being in a completed batch, and
 * who waits for room.
 * Does not own: when a batch is complete (receiver-tracker.ts).
 *
 * Invariants: I1 those who wait are served in the order in which they came, and nobody passes them.
 * I2 what is larger than the whole bound is admitted when nothing else is pending, so nobody waits
 * for ever while batches complete; room that is lent, and in no block, does not count for that.
 */

/** Room that somebody waits for; `taken` is called when it is theirs. */
export interface RoomRequest {
  readonly records: number;
  readonly bytes: number;
  readonly taken: () => void;
}

/** What those who receive see of the bound, and of what was lent to them of it. */
export type UnprocessedRoom = Pick<UnprocessedBound, "tryTake" | "request" | "release">;

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
  #lentRecords = 0;
  #lentBytes = 0;

  constructor(recordsMax: number, bytesMax: number) {
    this.#recordsMax = recordsMax;
    this.#bytesMax = bytesMax;
  }

  get recordsMax(): number {
    return this.#recordsMax;
  }

  get bytesMax(): number {
    return this.#bytesMax;
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

  /** As `request`, for room that may come to be used by nobody: it is lent until a block has it, or it comes back. */
  lend(request: RoomRequest): () => void {
    const { bytes, records, taken } = request;
    return this.#ask({
      ...request,
      taken: () => {
        this.lendKept(records, bytes);
        taken();
      },
    });
  }

  /** Of what was lent, this has come to be in a block. */
  keepLent(records: number, bytes: number): void {
    this.#lentRecords -= records;
    this.#lentBytes -= bytes;
  }

  /** What was in a block is in none, and is lent again. */
  lendKept(records: number, bytes: number): void {
    this.#lentRecords += records;
    this.#lentBytes += bytes;
  }

  /** What was lent comes back. */
  takeBack(records: number, bytes: number): void {
    this.keepLent(records, bytes);
    this.release(records, bytes);
  }

  #ask(request: RoomRequest): () => void {
    const giveUp = this.request(request);
    this.#serve();
    return giveUp;
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
    const isTooLarge = records > this.#recordsMax || bytes > this.#bytesMax;
    const hasLentOnly = this.#records === this.#lentRecords && this.#bytes === this.#lentBytes;
    if (isTooLarge && hasLentOnly) return true;
    return this.#records + records <= this.#recordsMax && this.#bytes + bytes <= this.#bytesMax;
  }
}
