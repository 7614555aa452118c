/**
 * Owns: what a stream is: its dependencies, its slide, and how to compute its dataset for a batch time; the datasets
 * that it made and may still be asked for.
 * Does not own: the operators (operators/, one file each), the fluent class (dstream.ts), when batches are made.
 * Invariants: I1 a stream makes at most one dataset per batch time, whoever asks. I2 it makes one only for times after
 * the graph's zero time that are a multiple of its slide.
 */
import { createHash } from "node:crypto";
import { StreamError } from "../../base/index.ts";
import {
  assertSameContext,
  type OperatorSite,
  type Partitioning,
  type RDDNode,
  withParallelism,
} from "../rdd/index.ts";
import type { StorageLevel } from "../storage-level.ts";
import { type AnyFunction, codeHashOf } from "./code-hash.ts";
import type { StreamFacts } from "./graph-description.ts";
import {
  defaultPin,
  type PartitionFacts,
  partitionFactsOf,
  pinnedPartitioning,
} from "./partition-pins.ts";
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
      const dataset = await made;
      if (this.#level !== undefined) await dataset?.unpersist();
    }
    this.forgetOlder(untilMs);
  }

  get leavesOut(): boolean {
    return this.parents.length > 0 && this.parents.every((parent) => parent.leavesOut);
  }

  /** Most streams make nothing of several times. */
  leaveOut(_timeMs: number): void {}

  /** What an operator itself keeps of times up to `untilMs` may go. */
  protected forgetOlder(_untilMs: number): void {}

  /** The operator at a batch time, for errors and tasks. */
  protected siteAt(timeMs: number): OperatorSite {
    return { uid: this.uid, kind: this.kind, batchTimeMs: timeMs };
  }

  async #make(timeMs: number): Promise<RDDNode<T> | undefined> {
    const parallelism = this.scope.partitionsAt(timeMs)?.[defaultPin];
    const dataset = await withParallelism(parallelism, () => this.compute(timeMs));
    if (dataset === undefined) return undefined;
    assertSameContext(dataset.environment, this.scope.environment);
    dataset.attributeTo(this.siteAt(timeMs));
    if (this.#level !== undefined) dataset.persist(this.#level);
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
