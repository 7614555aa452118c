/** Owns: numbering records: a stage that counts each partition, then numbers that go on from one to the next. */

import type { StageAddress } from "../address.ts";
import type { Flow, Push } from "../flow.ts";
import { type Dependency, type Lineage, narrow, type SharedStage } from "../lineage.ts";
import { NarrowNode, RDDNode } from "../node.ts";
import type { OperatorSite } from "../task.ts";

/** A stage that counts the records of each partition. */
class PartitionCounts implements SharedStage {
  readonly purpose = "count";
  address: StageAddress | undefined;
  readonly dependencies: readonly Dependency[];
  readonly #parent: RDDNode<unknown>;
  #counts: (number | undefined)[] = [];
  #reader: Lineage | undefined;

  constructor(parent: RDDNode<unknown>) {
    this.#parent = parent;
    this.dependencies = narrow(parent);
  }

  /** Tells which dataset is numbered by them: its operator is named in errors. */
  readBy(reader: Lineage): void {
    this.#reader = reader;
  }

  get site(): OperatorSite {
    return (this.#reader ?? this.#parent).site;
  }

  /** The last partition need not be counted. */
  get taskCount(): number {
    return Math.max(0, this.#parent.partitionCount - 1);
  }

  isComplete(): boolean {
    return this.missingTasks().length === 0;
  }

  missingTasks(): readonly number[] {
    return Array.from({ length: this.taskCount }, (_, task) => task).filter(
      (task) => this.#counts[task] === undefined,
    );
  }

  async runTask(partition: number, flow: Flow): Promise<void> {
    let count = 0;
    await this.#parent.run(partition, flow, () => {
      count++;
    });
    this.#counts[partition] = count;
  }

  finish(): void {}

  outcomeOf(task: number): number | undefined {
    return this.#counts[task];
  }

  completedElsewhere(task: number, count: number): void {
    this.#counts[task] = count;
  }

  facts(): readonly (number | undefined)[] {
    return this.#counts;
  }

  learn(counts: readonly (number | undefined)[]): void {
    this.#counts = [...counts];
  }

  before(partition: number): number {
    return this.#counts.slice(0, partition).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }
}

/** `zipWithIndex`: each record with its place over all partitions, from 0. */
export class ZipWithIndexNode<T> extends RDDNode<[T, number]> {
  readonly #parent: RDDNode<T>;
  readonly #counts: PartitionCounts;

  constructor(parent: RDDNode<T>) {
    const counts = new PartitionCounts(parent);
    super(parent.environment, "zipWithIndex", [
      { kind: "stage", barrier: counts },
      ...narrow(parent),
    ]);
    counts.readBy(this);
    this.#parent = parent;
    this.#counts = counts;
  }

  get partitionCount(): number {
    return this.#parent.partitionCount;
  }

  protected compute(partition: number, flow: Flow, push: Push<[T, number]>): Promise<void> {
    let index = this.#counts.before(partition);
    return this.#parent.run(partition, flow, (record) => push([record, index++]));
  }
}

/** `zipWithUniqueId`: each record with a number of its own, partition + k x partitions; needs no counting. */
export class ZipWithUniqueIdNode<T> extends NarrowNode<T, [T, number]> {
  constructor(parent: RDDNode<T>) {
    super(parent, "zipWithUniqueId");
  }

  protected compute(partition: number, flow: Flow, push: Push<[T, number]>): Promise<void> {
    const step = this.partitionCount;
    let id = partition - step;
    return this.parent.run(partition, flow, (record) => {
      id += step;
      push([record, id]);
    });
  }
}
