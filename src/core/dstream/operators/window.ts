import { StreamError } from "../../../base/index.ts";
import {
  type Dependency,
  type Flow,
  NarrowNode,
  type Push,
  type RDDNode,
  unionOf,
} from "../../rdd/index.ts";
import { type StorageLevel, StorageLevels } from "../../storage-level.ts";
import { type Duration, duration, isMultipleOf } from "../../time.ts";
import { DStreamNode } from "../node.ts";

/** A window's length and slide, in ms. */
export interface WindowSize {
  readonly windowMs: number;
  readonly slideMs: number;
}

/** Checks a window over `parent`; throws `duration_invalid`, or `window_off_grid` for what is no multiple of the parent's slide. */
export function windowSize(
  parent: { readonly slideMs: number },
  window: Duration,
  slide: Duration | undefined,
): WindowSize {
  const windowMs = duration(window, "window");
  const slideMs = duration(slide ?? parent.slideMs, "slide");
  for (const [what, ms] of [
    ["window", windowMs],
    ["slide", slideMs],
  ] as const) {
    if (!isMultipleOf(ms, parent.slideMs)) {
      throw new StreamError("window_off_grid", { what, ms, parentSlideMs: parent.slideMs });
    }
  }
  return { windowMs, slideMs };
}

/** One batch of a window: nothing, once it is left out, also where the window was made before. */
class WindowPartNode<T> extends NarrowNode<T, T> {
  readonly #isLeftOut: () => boolean;

  constructor(parent: RDDNode<T>, isLeftOut: () => boolean) {
    super(parent, "window", parent.partitioner);
    this.#isLeftOut = isLeftOut;
  }

  override get dependencies(): readonly Dependency[] {
    return this.#isLeftOut() ? [] : super.dependencies;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    if (!this.#isLeftOut()) await this.parent.run(partition, flow, push);
  }
}

/** `window`: at each slide, the union of the parent's datasets of the times in (t - window, t]. */
export class WindowNode<T> extends DStreamNode<T> {
  readonly #parent: DStreamNode<T>;
  readonly #windowMs: number;
  readonly #leftOutMs = new Set<number>();
  readonly #partsMs = new Map<number, readonly number[]>();

  constructor(parent: DStreamNode<T>, { windowMs, slideMs }: WindowSize) {
    super(parent.scope, "window", [parent], { slideMs, parameters: [windowMs, slideMs] });
    this.#parent = parent;
    this.#windowMs = windowMs;
    // Each dataset is asked for once per slide that it is in; what an input gives is in memory anyway.
    if (parent.parents.length > 0 && parent.storageLevel === undefined) {
      parent.persist(StorageLevels.MEMORY_ONLY);
    }
  }

  /** A windowed stream keeps nothing itself: what is asked of it goes to the parent, whose datasets it is made of. */
  override persist(level: StorageLevel): void {
    this.#parent.persist(level);
  }

  protected override get parentLookBackMs(): number {
    return this.#windowMs;
  }

  override get leavesOut(): boolean {
    return true;
  }

  override get leftOutMs(): readonly number[] {
    return [...this.#leftOutMs];
  }

  /** Over another window, or a state, it is that which leaves the batch out: its dataset of the time has others, too. */
  override leaveOut(timeMs: number): void {
    if (!this.#parent.leavesOut) this.#leftOutMs.add(timeMs);
  }

  protected override forgetOlder(untilMs: number): void {
    for (const timeMs of this.#leftOutMs) {
      if (timeMs + this.#windowMs > untilMs) break;
      this.#leftOutMs.delete(timeMs);
    }
    for (const timeMs of this.#partsMs.keys()) if (timeMs <= untilMs) this.#partsMs.delete(timeMs);
  }

  protected async compute(timeMs: number): Promise<RDDNode<T> | undefined> {
    const parts: RDDNode<T>[] = [];
    const made: number[] = [];
    for (const atMs of await this.#timesAt(timeMs)) {
      const dataset = await this.#parent.at(atMs);
      if (dataset === undefined) continue;
      made.push(atMs);
      parts.push(new WindowPartNode(dataset, () => this.#leftOutMs.has(atMs)));
    }
    if (this.scope.environment.elsewhere !== undefined) this.#partsMs.set(timeMs, made);
    return unionOf(this.scope.environment, parts, "window");
  }

  /** The times whose datasets the one of `timeMs` was made of. */
  override partsAt(timeMs: number): readonly number[] {
    return this.#partsMs.get(timeMs) ?? [];
  }

  async #timesAt(timeMs: number): Promise<readonly number[]> {
    const { mirror } = this.scope;
    const stepMs = this.#parent.slideMs;
    const timesMs: number[] = [];
    let isWhole = true;
    for (let atMs = timeMs - this.#windowMs + stepMs; atMs <= timeMs; atMs += stepMs) {
      if (this.scope.gapAt(atMs) !== undefined) continue;
      if (this.#leftOutMs.has(atMs)) isWhole = false;
      else timesMs.push(atMs);
    }
    if (isWhole || mirror === undefined) return timesMs;
    // The driver may have made it before a time was left out, or after: the partitions have the same numbers there.
    return mirror.partsAt(this.scope.nameOf(this) ?? this.uid, timeMs);
  }
}

/** The datasets of a stream for the times in (fromMs, untilMs]. */
export async function datasetsWithin<T>(
  stream: DStreamNode<T>,
  fromMs: number,
  untilMs: number,
): Promise<RDDNode<T>[]> {
  const datasets: RDDNode<T>[] = [];
  for (let timeMs = fromMs + stream.slideMs; timeMs <= untilMs; timeMs += stream.slideMs) {
    if (stream.scope.gapAt(timeMs) !== undefined) continue;
    const dataset = await stream.at(timeMs);
    if (dataset !== undefined) datasets.push(dataset);
  }
  return datasets;
}
