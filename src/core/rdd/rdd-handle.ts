/**
 * Owns: what a dataset is called, how it is partitioned, and where its partitions are kept.
 * Does not own: actions (rdd-actions.ts), transformations (rdd.ts).
 */
import {
  type StorageLevel,
  type StorageLevelName,
  StorageLevels,
  storageLevel,
} from "../storage-level.ts";
import { lineageText } from "./lineage-text.ts";
import type { RDDNode } from "./node.ts";
import type { Partitioner } from "./partitioner.ts";

/** The dataset itself, whatever its records are. */
export class RDDHandle<T> {
  /** The lineage behind this dataset; for operators of one's own. */
  readonly node: RDDNode<T>;

  constructor(node: RDDNode<T>) {
    this.node = node;
  }

  /** Its number within the DataContext. */
  get id(): number {
    return this.node.id;
  }

  get partitionCount(): number {
    return this.node.partitionCount;
  }

  get partitioner(): Partitioner | undefined {
    return this.node.partitioner;
  }

  get name(): string | undefined {
    return this.node.name;
  }

  /** Gives it a name for people. */
  setName(name: string): this {
    this.node.name = name;
    return this;
  }

  /** The lineage as text, an indented line per dataset. */
  toDebugString(): string {
    return lineageText(this.node);
  }

  get storageLevel(): StorageLevel {
    return this.node.storageLevel;
  }

  /** Keeps its partitions from their first computation on; throws `storage_level_unknown`, `storage_level_fixed`. */
  persist(level: StorageLevelName | StorageLevel = StorageLevels.MEMORY_ONLY): this {
    this.node.persist(storageLevel(level));
    return this;
  }

  /** `persist()` in memory. */
  cache(): this {
    return this.persist();
  }

  /** Forgets the kept partitions. */
  async unpersist(): Promise<this> {
    await this.node.unpersist();
    return this;
  }
}
