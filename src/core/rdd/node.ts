/**
 * Owns: what a dataset is: lineage, that is partitions, dependencies and a way to compute one partition.
 * Does not own: the operators (operators/, one file each), the fluent class (rdd.ts), running tasks (src/executor).
 * Invariants: I1 computing a partition twice gives the same records in the same order, as long as the inputs and the
 * user's functions do. I2 records are shared and are never changed by the engine after they were pushed.
 */
import { StreamError } from "../../base/index.ts";
import { type StorageLevel, StorageLevels } from "../storage-level.ts";
import type { DatasetAddress } from "./address.ts";
import type { DatasetEnvironment } from "./environment.ts";
import { type Flow, type Push, pushArray } from "./flow.ts";
import { type Addressing, type Dataset, type Dependency, narrow } from "./lineage.ts";
import type { Partitioner } from "./partitioner.ts";
import { notePersisted } from "./persisted.ts";
import { currentJob, inTask, type OperatorSite } from "./task.ts";
import { userError } from "./user-function.ts";

/** Throws `data_contexts_differ`. */
export function assertSameContext(given: DatasetEnvironment, own: DatasetEnvironment): void {
  if (given !== own) throw new StreamError("data_contexts_differ");
}

/** The lineage of one dataset. */
export abstract class RDDNode<T> implements Dataset<T> {
  readonly id: number;
  readonly environment: DatasetEnvironment;
  /** What made it: "map", "reduceByKey", ... */
  readonly kind: string;
  /** Tells in which partition a key is, where that is known. */
  readonly partitioner: Partitioner | undefined;
  /** A name given by the user. */
  name: string | undefined;
  readonly #dependencies: readonly Dependency[];
  #site: OperatorSite | undefined;
  #address: DatasetAddress | undefined;
  #level: StorageLevel = StorageLevels.NONE;

  constructor(
    environment: DatasetEnvironment,
    kind: string,
    dependencies: readonly Dependency[],
    partitioner?: Partitioner,
  ) {
    for (const dependency of dependencies) {
      if (dependency.kind === "narrow" && dependency.parent instanceof RDDNode) {
        assertSameContext(dependency.parent.environment, environment);
      }
    }
    this.id = environment.nextDatasetId();
    this.environment = environment;
    this.kind = kind;
    this.#dependencies = dependencies;
    this.partitioner = partitioner;
  }

  get dependencies(): readonly Dependency[] {
    return this.#dependencies;
  }

  abstract get partitionCount(): number;

  /** Pushes the records of a partition, computing them. */
  protected abstract compute(partition: number, flow: Flow, push: Push<T>): Promise<void>;

  /** The operator that the user wrote; of a dataset that is made outside of a stream, its own kind and number. */
  get site(): OperatorSite {
    return this.#site ?? { uid: `${this.kind}@rdd-${this.id}`, kind: this.kind };
  }

  get address(): DatasetAddress | undefined {
    return this.#address;
  }

  /**
   * Names the operator of a stream that made this dataset, and what it made it from that has no name yet. With an
   * addressing they get addresses as well, and the stages between them.
   */
  attributeTo(site: OperatorSite, addressing?: Addressing): void {
    if (this.#site !== undefined) return;
    this.#site = site;
    const address = addressing?.next(this);
    this.#address = address;
    const visit = (dependencies: readonly Dependency[], path: readonly number[]): void => {
      for (const [place, dependency] of dependencies.entries()) {
        if (dependency.kind === "narrow") {
          dependency.parent.attributeTo(site, addressing);
          continue;
        }
        const { barrier } = dependency;
        const way = [...path, place];
        if (address !== undefined) barrier.address ??= { ...address, path: way };
        visit(barrier.dependencies, way);
      }
    };
    visit(this.dependencies, []);
  }

  get storageLevel(): StorageLevel {
    return this.#level;
  }

  /** Keeps the partitions at that level from their first computation on; throws `storage_level_fixed` when it has another level. */
  persist(level: StorageLevel): void {
    if (
      this.#level !== StorageLevels.NONE &&
      this.#level !== level &&
      level !== StorageLevels.NONE
    ) {
      throw new StreamError("storage_level_fixed", {
        current: this.#level.name,
        asked: level.name,
      });
    }
    this.#level = level;
    if (level !== StorageLevels.NONE) notePersisted(this);
  }

  /** Forgets the kept partitions. */
  async unpersist(): Promise<void> {
    this.#level = StorageLevels.NONE;
    if (this.#address !== undefined) this.environment.elsewhere?.unpersist(this.#address);
    for (let partition = 0; partition < this.partitionCount; partition++) {
      await this.environment.blocks.remove(this.#blockId(partition));
    }
  }

  /** Pushes the records of a partition: the kept ones where there are any, else computed ones, here or elsewhere. */
  run(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const { elsewhere } = this.environment;
    if (elsewhere !== undefined && this.#address !== undefined) {
      return elsewhere.read(this, partition, flow, push);
    }
    if (this.#level === StorageLevels.NONE) return this.compute(partition, flow, push);
    return this.#runKept(partition, flow, push);
  }

  /** The records of a partition as an array. */
  async gather(partition: number, flow: Flow): Promise<readonly T[]> {
    const records: T[] = [];
    await this.run(partition, flow.nested(), (record) => {
      records.push(record);
    });
    return records;
  }

  async #runKept(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const kept = await this.#readKept(partition);
    if (kept !== undefined) return pushArray(kept, flow, push);
    const level = this.#level;
    const records: T[] = [];
    await this.#counting(flow, () =>
      this.compute(partition, flow.nested(), (record) => {
        records.push(record);
      }),
    );
    if (level !== StorageLevels.NONE) await this.#keep(partition, records, level, flow);
    await pushArray(records, flow, push);
  }

  /** A window keeps the datasets of batches; made again for a later one, they give nothing to accumulators once more. */
  #counting(flow: Flow, work: () => Promise<void>): Promise<void> {
    const { batchTimeMs } = this.site;
    const isCounted = batchTimeMs !== undefined && currentJob()?.isBatchCounted?.(batchTimeMs);
    return isCounted === true ? inTask({ ...flow.task, accumulated: new Map() }, work) : work();
  }

  /** The kept records of a partition; undefined where there are none, or none that can be read. */
  async #readKept(partition: number): Promise<readonly T[] | undefined> {
    try {
      return (await this.environment.blocks.get(this.#blockId(partition))?.read()) as
        | readonly T[]
        | undefined;
    } catch (error) {
      // Nothing is lost with it: the lineage tells how to compute it again.
      if (error instanceof StreamError && error.code === "block_unreadable") return undefined;
      throw error;
    }
  }

  async #keep(
    partition: number,
    records: readonly T[],
    level: StorageLevel,
    flow: Flow,
  ): Promise<void> {
    const { blocks } = this.environment;
    const id = this.#blockId(partition);
    try {
      await blocks.put(id, records, level);
    } catch (error) {
      throw userError(this.site, flow.task, error);
    }
    // Whoever unpersisted it meanwhile has already removed what was there.
    if (this.#level === StorageLevels.NONE) await blocks.remove(id);
  }

  #blockId(partition: number): string {
    return `rdd-${this.id}-${partition}`;
  }
}

/** A dataset whose partition i is computed from partition i of one parent. */
export abstract class NarrowNode<P, T> extends RDDNode<T> {
  readonly parent: RDDNode<P>;

  constructor(parent: RDDNode<P>, kind: string, partitioner?: Partitioner) {
    super(parent.environment, kind, narrow(parent), partitioner);
    this.parent = parent;
  }

  get partitionCount(): number {
    return this.parent.partitionCount;
  }
}
