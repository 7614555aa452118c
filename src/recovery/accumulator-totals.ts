/**
 * Owns: the totals of accumulators as a fold over the journal, and which tasks of pending batches are part of them.
 * Does not own: how an accumulator adds (src/executor); so a total is kept in parts, which whoever knows it merges.
 */

/** What was given to an accumulator. */
export interface AccumulatorPart {
  readonly name: string;
  readonly value: unknown;
}

/** As it stands in a checkpoint. */
export interface AccumulatorState {
  /** By the name of the accumulator: its total, in parts. */
  readonly totals: Readonly<Record<string, readonly unknown[]>>;
  /** By the time of a pending batch. */
  readonly tasks: readonly (readonly [batchTimeMs: number, tasks: readonly string[]])[];
}

/** What events tell of accumulators. */
export interface CountedEvent {
  readonly batchTimeMs: number;
  readonly accumulators?: readonly AccumulatorPart[];
  readonly tasks?: readonly string[];
}

/** Under which name a checkpoint keeps the tasks; no accumulator has it. */
export const countedTasksName = "*";

export class AccumulatorTotals {
  readonly #parts = new Map<string, unknown[]>();
  readonly #tasks = new Map<number, Set<string>>();

  constructor(state?: AccumulatorState) {
    for (const [name, parts] of Object.entries(state?.totals ?? {})) {
      this.#parts.set(name, [...parts]);
    }
    for (const [timeMs, tasks] of state?.tasks ?? []) this.#tasks.set(timeMs, new Set(tasks));
  }

  apply({ accumulators = [], batchTimeMs, tasks = [] }: CountedEvent): void {
    for (const { name, value } of accumulators) {
      const parts = this.#parts.get(name);
      if (parts === undefined) this.#parts.set(name, [value]);
      else parts.push(value);
    }
    if (tasks.length === 0) return;
    const counted = this.#tasks.get(batchTimeMs) ?? new Set();
    for (const task of tasks) counted.add(task);
    this.#tasks.set(batchTimeMs, counted);
  }

  /** Nothing of the batch will be counted any more. */
  batchEnded(batchTimeMs: number): void {
    this.#tasks.delete(batchTimeMs);
  }

  isCounted(batchTimeMs: number, task: string): boolean {
    return this.#tasks.get(batchTimeMs)?.has(task) ?? false;
  }

  /** Makes one part of several, where `merge` knows how. */
  compact(merge: (name: string, parts: readonly unknown[]) => readonly unknown[]): void {
    for (const [name, parts] of this.#parts) {
      if (parts.length > 1) this.#parts.set(name, [...merge(name, parts)]);
    }
  }

  snapshot(): AccumulatorState {
    return {
      totals: Object.fromEntries([...this.#parts].map(([name, parts]) => [name, [...parts]])),
      tasks: [...this.#tasks].map(([timeMs, tasks]) => [timeMs, [...tasks]] as const),
    };
  }
}

/** The totals as the records of a checkpoint. */
export function accumulatorRecords({ tasks, totals }: AccumulatorState): Record<string, unknown> {
  return { ...totals, ...(tasks.length === 0 ? {} : { [countedTasksName]: tasks }) };
}

/** What the records of a checkpoint say. */
export function accumulatorStateIn(records: Readonly<Record<string, unknown>>): AccumulatorState {
  const { [countedTasksName]: tasks = [], ...totals } = records;
  return {
    totals: totals as AccumulatorState["totals"],
    tasks: tasks as AccumulatorState["tasks"],
  };
}
