/**
 * Owns: what a stream is: its dependencies, its slide, and how to compute its dataset for a batch time; the datasets
 * that it made and may still be asked for.
 * Does not own: the operators (operators/, one file each), the fluent class (dstream.ts), when batches are made.
 * Invariants: I1 a stream makes at most one dataset per batch time, whoever asks. I2 it makes one only for times after
 * the graph's zero time that are a multiple of its slide.
 */
import { createHash } from "node:crypto";
import { StreamError, textArgument } from "../../base/index.ts";
import {
  asDescribed,
  assertSameContext,
  type DatasetShape,
  type Lineage,
  Numbering,
  type OperatorSite,
  type Partitioning,
  type RDDNode,
  ReadNode,
  shapeOf,
  withParallelism,
} from "../rdd/index.ts";
import type { StorageLevel } from "../storage-level.ts";
import { type AnyFunction, codeHashOf } from "./code-hash.ts";
import type { StreamFacts } from "./graph-description.ts";
import type { GraphMirror } from "./mirror.ts";
import {
  defaultPin,
  type PartitionFacts,
  partitionFactsOf,
  pinnedPartitioning,
} from "./partition-pins.ts";
import { pushSlices } from "./state-stage.ts";
import type { StreamLineage, StreamScope } from "./stream.ts";
import { numberedUid } from "./stream-ids.ts";

/** What tells an operator from others of its kind, besides its parents. */
export interface OperatorTraits {
  readonly slideMs?: number;
  /** A part of the uid: with other ones it is another operator. Plain data. */
  readonly parameters?: readonly unknown[];
  /** Functions of the program; with other ones it is the same operator with changed code. */
  readonly functions?: readonly AnyFunction[];
  /** Of an operator whose result goes into partitions of its own: which, or undefined where the program does not say it. */
  readonly shuffle?: { readonly partitioning: Partitioning | undefined };
}

/**
 * Which processes make the datasets of a stream, where tasks run in executors. `all`: every process the same ones. `driver`:
 * the driver alone, and others read what it has. `driver of shared`: so, but of datasets that every process makes.
 */
export type Making = "all" | "driver" | "driver of shared";

/** One operator of the stream graph. */
export abstract class DStreamNode<T> implements StreamLineage {
  readonly scope: StreamScope;
  readonly kind: string;
  readonly parents: readonly StreamLineage[];
  readonly slideMs: number;
  readonly #parameters: readonly unknown[];
  readonly #functions: readonly AnyFunction[];
  readonly #shuffle: OperatorTraits["shuffle"];
  readonly #generated = new Map<number, Promise<RDDNode<T> | undefined>>();
  /** The addresses given at each time, where datasets have some. */
  readonly #numbered = new Map<number, Numbering>();
  #givenUid: string | undefined;
  #derived: { readonly uid: string; readonly uidsGiven: number } | undefined;
  #twinNumber: number | undefined;
  #rememberMs = 0;
  #forgottenMs = Number.NEGATIVE_INFINITY;
  #level: StorageLevel | undefined;

  constructor(
    scope: StreamScope,
    kind: string,
    parents: readonly StreamLineage[],
    traits: OperatorTraits = {},
  ) {
    scope.assertBuilding(kind);
    this.scope = scope;
    this.kind = kind;
    this.parents = parents;
    this.slideMs = traits.slideMs ?? parents[0]?.slideMs ?? scope.batchIntervalMs;
    this.#parameters = traits.parameters ?? [];
    this.#functions = traits.functions ?? [];
    this.#shuffle = traits.shuffle;
    for (const parent of parents) {
      if (parent.scope !== scope) throw new StreamError("contexts_differ", { operator: kind });
    }
  }

  /** Makes the dataset of a batch time, or none; asked once per time. */
  protected abstract compute(timeMs: number): Promise<RDDNode<T> | undefined>;

  /** The id of the operator: the one that was given, else a hash of kinds, parameters and parents. */
  get uid(): string {
    return numberedUid(this.lineageUid, this.#twinNumber);
  }

  get lineageUid(): string {
    if (this.#givenUid !== undefined) return this.#givenUid;
    const { uidsGiven } = this.scope;
    // A uid that a parent is given after it was asked for changes all that are derived from it.
    if (this.#derived?.uidsGiven !== uidsGiven) this.#derived = { uid: this.#hash(), uidsGiven };
    return this.#derived.uid;
  }

  get isUidGiven(): boolean {
    return this.#givenUid !== undefined;
  }

  numberTwin(number: number | undefined): void {
    this.#twinNumber = number;
  }

  /** Gives the operator an id of its own; throws `uid_fixed` when it has one already, `uid_taken` when another operator has it. */
  giveUid(uid: string): void {
    this.scope.assertBuilding("uid");
    textArgument("uid", uid);
    if (this.#givenUid !== undefined)
      throw new StreamError("uid_fixed", { uid, current: this.#givenUid });
    this.scope.claimUid(uid);
    this.#givenUid = uid;
  }

  get facts(): StreamFacts {
    const { kind, slideMs } = this;
    const codeHash = codeHashOf(this.#functions);
    return {
      role: "operator",
      kind,
      // As JSON has them, which is what the uid is made of.
      parameters: JSON.parse(JSON.stringify(this.#parameters)) as unknown[],
      slideMs,
      spanMs: Math.max(slideMs, this.parentLookBackMs),
      ...(codeHash === undefined ? {} : { codeHash }),
    };
  }

  get partitionFacts(): PartitionFacts | undefined {
    return this.#shuffle && partitionFactsOf(this.#shuffle.partitioning);
  }

  /** Where the result goes at a time: as the program says, but that a batch of an earlier life keeps its number. */
  protected partitioningAt(timeMs: number): Partitioning | undefined {
    const partitioning = this.#shuffle?.partitioning;
    const pinned = this.scope.pinnedPartitions(this, timeMs);
    return pinned === undefined ? partitioning : pinnedPartitioning(partitioning, pinned);
  }

  get rememberMs(): number {
    return this.#rememberMs;
  }

  get storageLevel(): StorageLevel | undefined {
    return this.#level;
  }

  /** The level at which its datasets are kept; throws `graph_fixed` once the context has started. */
  persist(level: StorageLevel): void {
    this.scope.assertBuilding("persist");
    this.#level = level;
  }

  /** How often the state is snapshotted; throws `checkpoint_stateless`, as there is none, unless an operator has one. */
  snapshotEvery(_intervalMs: number): void {
    throw new StreamError("checkpoint_stateless", { operator: this.uid });
  }

  /** Asks this stream, and so all before it, to keep the datasets of the last `ms`. */
  askToRemember(ms: number): void {
    this.#rememberMs = Math.max(this.#rememberMs, ms, this.slideMs);
    for (const parent of this.parents)
      parent.askToRemember(this.#rememberMs + this.parentLookBackMs);
  }

  /** How much further back than itself this operator asks its parents. */
  protected get parentLookBackMs(): number {
    return 0;
  }

  /** The dataset of a batch time; undefined where this stream makes none. Rejects with `slice_invalid` for one that is forgotten. */
  at(timeMs: number): Promise<RDDNode<T> | undefined> {
    if (!this.scope.isOnGrid(timeMs, this.slideMs)) return Promise.resolve(undefined);
    let made = this.#generated.get(timeMs);
    if (made === undefined) {
      // Its input may be gone: made once more it would be empty, without a word.
      // A graph that mirrors the driver's asks it again.
      if (timeMs <= this.#forgottenMs && this.scope.mirror === undefined) {
        const { rememberMs, uid } = this;
        return Promise.reject(
          new StreamError("slice_invalid", { operator: uid, timeMs, rememberMs }),
        );
      }
      made = this.#make(timeMs);
      this.#generated.set(timeMs, made);
      // A failed attempt is not remembered: the batch is tried again.
      made.catch(() => this.#generated.delete(timeMs));
    }
    return made;
  }

  /** Drops the datasets made for times up to `beforeMs - rememberMs`. */
  async forget(beforeMs: number): Promise<void> {
    const untilMs = beforeMs - this.#rememberMs;
    this.#forgottenMs = Math.max(this.#forgottenMs, untilMs);
    for (const [timeMs, made] of this.#generated) {
      // Times come in order, all but a few: nothing grows with the length of a window.
      if (timeMs > untilMs) break;
      this.#generated.delete(timeMs);
      this.#numbered.delete(timeMs);
      const dataset = await made;
      if (this.#level !== undefined) await dataset?.unpersist();
    }
    this.forgetOlder(untilMs);
  }

  /** The dataset with that place among those that were made of a batch time; undefined where it is not here. */
  madeAt(timeMs: number, index: number): Lineage | undefined {
    return this.#numbered.get(timeMs)?.at(index);
  }

  async shapeAt(timeMs: number): Promise<DatasetShape | undefined> {
    const dataset = await this.at(timeMs);
    return dataset && shapeOf(dataset);
  }

  protected get making(): Making {
    return "all";
  }

  get leavesOut(): boolean {
    return this.parents.length > 0 && this.parents.every((parent) => parent.leavesOut);
  }

  /** Most streams make nothing of several times. */
  leaveOut(_timeMs: number): void {}

  get leftOutMs(): readonly number[] {
    return [];
  }

  partsAt(timeMs: number): readonly number[] {
    return [timeMs];
  }

  /** What an operator itself keeps of times up to `untilMs` may go. */
  protected forgetOlder(_untilMs: number): void {}

  /** The operator at a batch time, for errors and tasks. */
  protected siteAt(timeMs: number): OperatorSite {
    return { uid: this.uid, kind: this.kind, batchTimeMs: timeMs };
  }

  async #make(timeMs: number): Promise<RDDNode<T> | undefined> {
    const { mirror } = this.scope;
    if (mirror !== undefined && this.making === "driver") return this.#read(timeMs, mirror);
    const numbering = this.#numbering(timeMs);
    const parallelism = this.scope.partitionsAt(timeMs)?.[defaultPin];
    const made = await withParallelism(parallelism, () => this.compute(timeMs));
    if (made === undefined) return undefined;
    assertSameContext(made.environment, this.scope.environment);
    const isShared = this.making === "all" || numbering === undefined;
    const dataset = isShared ? made : asDescribed(made);
    dataset.attributeTo(this.siteAt(timeMs), numbering);
    if (numbering !== undefined) this.#numbered.set(timeMs, numbering);
    if (mirror !== undefined && !isShared) return this.#read(timeMs, mirror);
    if (this.#level !== undefined) dataset.persist(this.#level);
    return dataset;
  }

  /** Gives addresses, where there are other processes; undefined where there are none, or where none of them makes any of it. */
  #numbering(timeMs: number): Numbering | undefined {
    const { environment, mirror } = this.scope;
    if (mirror === undefined && environment.elsewhere === undefined) return undefined;
    const stream = this.scope.nameOf(this);
    if (stream === undefined || this.making === "driver") return undefined;
    const firstId = environment.nextDatasetId();
    return new Numbering({ stream, timeMs }, { firstId, rootIsNamed: this.making === "all" });
  }

  /** The dataset that the driver makes, as an executor has it. */
  async #read(timeMs: number, mirror: GraphMirror): Promise<RDDNode<T> | undefined> {
    const stream = this.scope.nameOf(this) ?? this.uid;
    const shape = await mirror.shapeAt(stream, timeMs);
    if (shape === undefined) return undefined;
    const dataset = new ReadNode<T>(
      this.scope.environment,
      this.kind,
      shape,
      async (partition, flow, push) => {
        const place = { stream, timeMs, partition };
        const slices = mirror.read(place, flow.task);
        await pushSlices(slices as AsyncIterable<readonly T[]>, flow, push);
      },
    );
    dataset.attributeTo(this.siteAt(timeMs));
    return dataset;
  }

  #hash(): string {
    const text = JSON.stringify([
      this.kind,
      this.#parameters,
      this.parents.map(({ lineageUid }) => lineageUid),
    ]);
    return `${this.kind}-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
  }
}
