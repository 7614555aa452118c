/**
 * Owns: two channels that talk to each other in this process, over a connection that cuts what goes through it anywhere.
 */
import { Duplex } from "node:stream";
import { silentLogger } from "../../../../src/base/index.ts";
import type { Handlers } from "../../../../src/executor/index.ts";
import { Channel, MethodTable } from "../../../../src/executor/wire/index.ts";

/** Hands what is written to the other end, in parts of the sizes that come in turn. */
class CuttingEnd extends Duplex {
  other: CuttingEnd | undefined;
  readonly #sizes: readonly number[];
  #turn = 0;
  /** All that went through this end. */
  written = 0;

  constructor(sizes: readonly number[]) {
    super();
    this.#sizes = sizes;
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.written += bytes.length;
    for (let start = 0; start < bytes.length; ) {
      const size = this.#sizes[this.#turn++ % this.#sizes.length] ?? bytes.length;
      this.other?.push(Buffer.from(bytes.subarray(start, start + size)));
      start += size;
    }
    done();
  }

  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.other?.destroyed === false && !this.other.readableEnded) this.other.push(null);
    done(error);
  }
}

export function connectionPair(sizes: readonly number[] = [65536]): [CuttingEnd, CuttingEnd] {
  const [left, right] = [new CuttingEnd(sizes), new CuttingEnd(sizes)];
  left.other = right;
  right.other = left;
  return [left, right];
}

/** A channel that asks, and one that answers with these handlers. */
export function channelPair(
  handlers: Handlers,
  sizes?: readonly number[],
): { asking: Channel; answering: Channel; answeringEnd: CuttingEnd; askingEnd: CuttingEnd } {
  const [askingEnd, answeringEnd] = connectionPair(sizes);
  const methods = new MethodTable();
  methods.add(handlers);
  const logger = silentLogger;
  const asking = new Channel(askingEnd, { remote: "driver", methods: new MethodTable(), logger });
  const answering = new Channel(answeringEnd, { remote: "executor-1", methods, logger });
  return { asking, answering, askingEnd, answeringEnd };
}
