/**
 * Owns: which executor runs the next task: at most so many at once in each, where the task would rather be if that one is
 * free, and in order.
 * Does not own: what a task is, trying it again (task-scheduler.ts).
 *
 * I1. A task never waits while an executor is free. I2. Who waits is served in order, but that one whose own place becomes
 * free goes first.
 */
import { StreamError } from "../../base/index.ts";

/** Where a task would rather be, and where not. */
export interface Placement {
  /** By an executor's id, of those that live. */
  readonly preferred: (living: readonly string[]) => string | undefined;
  /** Where alone it can run; undefined where it can anywhere. It fails with `executor_lost` where that one is gone. */
  readonly bound?: ((living: readonly string[]) => string | undefined) | undefined;
  /** Where it failed before: only where there is no other. */
  readonly avoid?: string | undefined;
}

interface Waiting {
  /** Whether it takes no place. */
  readonly isGuest: boolean;
  readonly placement: Placement;
  readonly take: (executor: string) => void;
  readonly fail: (error: unknown) => void;
}

/** The places for tasks in all executors. */
export class TaskSlots {
  readonly #perExecutor: number;
  readonly #living: () => readonly string[];
  readonly #taken = new Map<string, number>();
  readonly #waiting = new Set<Waiting>();
  #failure: StreamError | undefined;

  /** `living` tells the executors that are ready. */
  constructor(perExecutor: number, living: () => readonly string[]) {
    this.#perExecutor = perExecutor;
    this.#living = living;
  }

  /** Resolves with the executor that has a place for the task, which is taken from then on. Rejects with `job_cancelled` when the signal is aborted. */
  take(placement: Placement, signal: AbortSignal): Promise<string> {
    return this.#wait(placement, signal, { isGuest: false });
  }

  /** As `take`, for what takes no place, as a task may be waiting for it: it waits only until an executor lives. */
  visit(placement: Placement, signal: AbortSignal): Promise<string> {
    return this.#wait(placement, signal, { isGuest: true });
  }

  #wait(
    placement: Placement,
    signal: AbortSignal,
    { isGuest }: Pick<Waiting, "isGuest">,
  ): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined || signal.aborted) {
        reject(this.#failure ?? cancelled(signal));
        return;
      }
      const leave = (): void => {
        this.#waiting.delete(waiting);
        reject(cancelled(signal));
      };
      const settled =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          signal.removeEventListener("abort", leave);
          this.#waiting.delete(waiting);
          settle(value);
        };
      const waiting = { placement, isGuest, take: settled(resolve), fail: settled(reject) };
      signal.addEventListener("abort", leave, { once: true });
      this.#waiting.add(waiting);
      this.#serve();
    });
  }

  /** Gives a place back. */
  release(executor: string): void {
    this.#taken.set(executor, Math.max(0, (this.#taken.get(executor) ?? 0) - 1));
    this.#serve();
  }

  /** An executor has come or gone. */
  changed(): void {
    const living = new Set(this.#living());
    for (const executor of this.#taken.keys()) {
      if (!living.has(executor)) this.#taken.delete(executor);
    }
    this.#serve();
  }

  /** No executor will come any more: whoever waits, or will, hears why. */
  fail(error: StreamError): void {
    this.#failure = error;
    for (const { fail } of this.#waiting) fail(error);
  }

  #serve(): void {
    const living = this.#living();
    const free = living.filter((executor) => this.#isFree(executor));
    // Those first whose own place is free.
    for (const prefersOnly of [true, false]) {
      for (const waiting of this.#waiting) {
        const { isGuest, placement } = waiting;
        const bound = placement.bound?.(living);
        if (bound !== undefined && !living.includes(bound)) {
          waiting.fail(new StreamError("executor_lost", { executor: bound }));
          continue;
        }
        const executor = chosen(placement, isGuest ? living : free, living, prefersOnly);
        if (executor === undefined) continue;
        if (isGuest) {
          waiting.take(executor);
          continue;
        }
        this.#taken.set(executor, (this.#taken.get(executor) ?? 0) + 1);
        if (!this.#isFree(executor)) free.splice(free.indexOf(executor), 1);
        waiting.take(executor);
      }
    }
  }

  #isFree(executor: string): boolean {
    return (this.#taken.get(executor) ?? 0) < this.#perExecutor;
  }
}

function cancelled(signal: AbortSignal): StreamError {
  return new StreamError("job_cancelled", {}, { cause: signal.reason });
}

function chosen(
  { avoid, bound, preferred }: Placement,
  free: readonly string[],
  living: readonly string[],
  prefersOnly: boolean,
): string | undefined {
  const only = bound?.(living);
  if (only !== undefined) return free.includes(only) ? only : undefined;
  const isAvoided = (executor: string) => executor === avoid && living.length > 1;
  const wanted = preferred(living);
  if (wanted !== undefined && free.includes(wanted) && !isAvoided(wanted)) return wanted;
  return prefersOnly ? undefined : free.find((executor) => !isAvoided(executor));
}
