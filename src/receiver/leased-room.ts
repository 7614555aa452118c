/**
 * Owns: the room under the driver's bound on unprocessed data that a receiver in an executor has taken ahead, so that not
 * each record has to ask for it.
 * Does not own: the bound (unprocessed-bound.ts, on the driver).
 *
 * Invariants: I1 what is taken here was taken there before. I2 those who wait are served in the order in which they came.
 * I3 what is given back at the end of a hosting is exactly what was lent and is in no block.
 */
import type { ReceiverLink, Room } from "./receiver-messages.ts";
import type { RoomRequest } from "./unprocessed-bound.ts";

export interface LeasedRoomOptions {
  readonly hosting: number;
  readonly driver: ReceiverLink;
  readonly lease: Room;
  /** Hears that no room comes any more, as the driver could not be asked. */
  readonly failed: (error: unknown) => void;
}

/** Room for one hosting. */
export class LeasedRoom {
  readonly #options: LeasedRoomOptions;
  readonly #requests: RoomRequest[] = [];
  readonly #ended = new AbortController();
  #records = 0;
  #bytes = 0;
  #isAsking = false;

  constructor(options: LeasedRoomOptions) {
    this.#options = options;
  }

  tryTake(records: number, bytes: number): boolean {
    if (this.#requests.length > 0 || !this.#has(records, bytes)) return false;
    this.#take(records, bytes);
    const { lease } = this.#options;
    if (records > 0 && this.#records < lease.records / 2) this.#ask(lease.records, 0);
    if (bytes > 0 && this.#bytes < lease.bytes / 2) this.#ask(0, lease.bytes);
    return true;
  }

  request(request: RoomRequest): () => void {
    this.#requests.push(request);
    this.#serve();
    return () => {
      const index = this.#requests.indexOf(request);
      if (index === -1) return;
      this.#requests.splice(index, 1);
      this.#serve();
    };
  }

  release(records: number, bytes: number): void {
    this.#records += records;
    this.#bytes += bytes;
    if (this.#ended.signal.aborted) this.#giveBack(this.#records, this.#bytes);
    else this.#serve();
  }

  /** Gives back what is left, and all that is released from now on. */
  end(): void {
    this.#ended.abort();
    this.#giveBack(this.#records, this.#bytes);
  }

  #serve(): void {
    for (let next = this.#requests[0]; next !== undefined; next = this.#requests[0]) {
      if (!this.#has(next.records, next.bytes)) return this.#askFor(next);
      this.#requests.shift();
      this.#take(next.records, next.bytes);
      next.taken();
    }
    // A large block that came to nothing must not keep its room from the others.
    const { lease } = this.#options;
    const records = Math.max(0, this.#records - 2 * lease.records);
    const bytes = Math.max(0, this.#bytes - 2 * lease.bytes);
    this.#giveBack(records, bytes);
  }

  #askFor({ bytes, records }: RoomRequest): void {
    const { lease } = this.#options;
    const missing = (needed: number, has: number, atOnce: number) =>
      needed <= has ? 0 : Math.max(needed - has, atOnce);
    this.#ask(
      missing(records, this.#records, lease.records),
      missing(bytes, this.#bytes, lease.bytes),
    );
  }

  #ask(records: number, bytes: number): void {
    const { signal } = this.#ended;
    if (this.#isAsking || signal.aborted) return;
    this.#isAsking = true;
    void this.#wait(records, bytes);
  }

  async #wait(records: number, bytes: number): Promise<void> {
    const { driver, hosting } = this.#options;
    try {
      await driver.request(
        "receiver.room",
        { hosting, records, bytes },
        { signal: this.#ended.signal },
      );
    } catch (error) {
      // Where the hosting is over, whoever waits is refused as the start ends.
      if (!this.#ended.signal.aborted) this.#options.failed(error);
      return;
    }
    this.#isAsking = false;
    this.release(records, bytes);
  }

  #giveBack(records: number, bytes: number): void {
    if (records === 0 && bytes === 0) return;
    const { driver, hosting } = this.#options;
    this.#take(records, bytes);
    driver.notify("receiver.roomBack", { hosting, records, bytes });
  }

  #has(records: number, bytes: number): boolean {
    return records <= this.#records && bytes <= this.#bytes;
  }

  #take(records: number, bytes: number): void {
    this.#records -= records;
    this.#bytes -= bytes;
  }
}
