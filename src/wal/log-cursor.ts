/**
 * Owns: one file of a segment while it is read beside its other copies: the next frame of it, and what it told so far.
 * Does not own: the comparison of the copies (log-reader.ts).
 */
import { StreamError } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import type { LogDamage } from "./damage.ts";
import type { PlannedCopy } from "./log-plan.ts";
import type {
  SegmentEnd,
  SegmentEvent,
  SegmentExpectation,
  SegmentFrame,
} from "./segment-events.ts";
import { readSegment } from "./segment-reader.ts";

/** Where one copy is. */
export class CopyCursor {
  readonly copy: PlannedCopy;
  readonly #events: AsyncGenerator<SegmentEvent, SegmentEnd, undefined>;
  #head: SegmentFrame | undefined;
  #end: SegmentEnd | undefined;
  #isFailed = false;

  constructor(
    store: Pick<Store, "readRange">,
    copy: PlannedCopy,
    options: { readonly expected: SegmentExpectation; readonly sealedLength: number | undefined },
  ) {
    this.copy = copy;
    this.#events = readSegment(store, copy.file, options);
  }

  /** The frame that comes next; undefined before the first `advance` and at the end. */
  get head(): SegmentFrame | undefined {
    return this.#head;
  }

  /** Undefined until the end is reached, and where the medium refused to read on. */
  get end(): SegmentEnd | undefined {
    return this.#end;
  }

  /** Goes on to the next frame; gives the damage on the way. Rejects where the store cannot be asked at all. */
  async *advance(): AsyncGenerator<LogDamage, void, undefined> {
    this.#head = undefined;
    while (this.#end === undefined && !this.#isFailed) {
      const next = await this.#next();
      if (next.kind === "frame") {
        this.#head = next;
        return;
      }
      if (next.kind === "end") this.#end = next;
      else yield next.damage;
    }
  }

  async #next(): Promise<SegmentEvent | SegmentEnd> {
    try {
      return (await this.#events.next()).value;
    } catch (error) {
      this.#isFailed = true;
      return { kind: "damage", damage: refusal(this.copy.file, error) };
    }
  }
}

/** A file that the medium does not give is damage: another copy may make up for it. A store that is away is none. */
function refusal(file: string, error: unknown): LogDamage {
  const code = error instanceof StreamError ? error.code : undefined;
  const isMissing = code === "store_missing";
  if (!isMissing && code !== "store_read_failed") throw error;
  return {
    kind: isMissing ? "segment_missing" : "segment_unreadable",
    file,
    offset: 0,
    byteCount: undefined,
    why: isMissing ? "it vanished while it was read" : "the store cannot read it",
    lost: undefined,
  };
}
