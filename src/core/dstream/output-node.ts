/** Owns: an output operation: what it does with the dataset of each batch time. */
import { fileURLToPath } from "node:url";
import { invariant, StreamError, textArgument } from "../../base/index.ts";
import { type BatchOutputIdentity, inOutput } from "../output/index.ts";
import {
  type Dataset,
  type PartitionBody,
  RDD,
  type RDDNode,
  userError,
  withParallelism,
} from "../rdd/index.ts";
import { type BodyPlace, placeFact } from "./body-place.ts";
import { codeHashOf, shortHash } from "./code-hash.ts";
import type { StreamFacts } from "./graph-description.ts";
import type { DStreamNode, OperatorTraits } from "./node.ts";
import { defaultPin } from "./partition-pins.ts";
import type { OutputStream, StreamJob, StreamLineage } from "./stream.ts";
import { numberedUid } from "./stream-ids.ts";

/** What an output operation does with the dataset of a batch time; `output` names the two, in this life and the next. */
export type OutputBody<T> = (
  dataset: RDD<T>,
  timeMs: number,
  output: BatchOutputIdentity,
) => unknown;

/** What an output keeps elsewhere about batches. */
export interface OutputNotes {
  forget(beforeMs: number): void;
  forgetAll(): Promise<void>;
}

/** What tells an output from others of its kind over the same stream, and what it keeps elsewhere. */
export interface OutputTraits extends Pick<OperatorTraits, "parameters" | "functions"> {
  /** Where its body runs (default `driver`). */
  readonly runsOn?: BodyPlace;
  readonly notes?: OutputNotes;
  /** Its work on a partition, in whatever process that is: what it was given is plain data that its body made. */
  readonly work?: PartitionWork;
}

/** What an output does with the partitions of a dataset. */
export type PartitionWork = (
  dataset: RDDNode<never>,
  given: never,
) => PartitionBody<never, unknown>;

/** An output operation over one stream; it runs once per batch, on the driver unless it was declared otherwise. */
export class OutputNode<T> implements OutputStream {
  readonly parents: readonly StreamLineage[];
  readonly #parent: DStreamNode<T>;
  readonly #kind: string;
  readonly #body: OutputBody<T>;
  readonly #traits: OutputTraits;
  readonly #name: string;
  readonly #description: string;
  readonly #outputId: number;
  #givenUid: string | undefined;
  #twinNumber: number | undefined;

  /** `declaredAt` is the stack of the call that declared it. */
  constructor(
    parent: DStreamNode<T>,
    kind: string,
    body: OutputBody<T>,
    declaredAt: string,
    traits: OutputTraits = {},
  ) {
    parent.scope.assertBuilding(kind);
    this.parents = [parent];
    this.#parent = parent;
    this.#kind = kind;
    this.#body = body;
    this.#traits = traits;
    this.#name = `${kind} at ${declaredAt.split("\n")[0] ?? "unknown"}`;
    this.#description = declaredAt;
    this.#outputId = parent.scope.addOutput(this);
  }

  /** The id of the output: the one that was given, else a hash of kind, parameters and stream. */
  get uid(): string {
    return numberedUid(this.lineageUid, this.#twinNumber);
  }

  get lineageUid(): string {
    if (this.#givenUid !== undefined) return this.#givenUid;
    const lineage = [this.#kind, this.#traits.parameters ?? [], [this.#parent.lineageUid]];
    return `${this.#kind}-${shortHash(lineage).slice(0, 8)}`;
  }

  get isUidGiven(): boolean {
    return this.#givenUid !== undefined;
  }

  numberTwin(number: number | undefined): void {
    this.#twinNumber = number;
  }

  /** Gives the output an id of its own; throws `uid_fixed`, `uid_taken`. */
  giveUid(uid: string): void {
    this.#parent.scope.assertBuilding("uid");
    textArgument("uid", uid);
    if (this.#givenUid !== undefined)
      throw new StreamError("uid_fixed", { uid, current: this.#givenUid });
    this.#parent.scope.claimUid(uid);
    this.#givenUid = uid;
  }

  get facts(): StreamFacts {
    const { parameters = [], functions = [] } = this.#traits;
    const { slideMs } = this.#parent;
    const codeHash = codeHashOf(functions);
    const code = codeHash === undefined ? {} : { codeHash };
    return {
      role: "output",
      kind: this.#kind,
      parameters,
      slideMs,
      spanMs: slideMs,
      ...code,
      ...placeFact(this.runsOn),
    };
  }

  get runsOn(): BodyPlace {
    return this.#traits.runsOn ?? "driver";
  }

  async jobAt(timeMs: number): Promise<StreamJob | undefined> {
    const dataset = await this.#parent.at(timeMs);
    if (dataset === undefined) return undefined;
    const { uid } = this;
    const { scope } = this.#parent;
    const { applicationId, epoch } = scope.application;
    const parallelism = scope.partitionsAt(timeMs)?.[defaultPin];
    const identity = { applicationId, epoch, outputUid: uid, batchTimeMs: timeMs };
    return {
      timeMs,
      outputId: this.#outputId,
      uid,
      name: this.#name,
      description: this.#description,
      run: async () => {
        try {
          await withParallelism(parallelism, () =>
            inOutput(identity, () => this.#body(new RDD(dataset), timeMs, identity)),
          );
        } catch (error) {
          throw userError({ uid, kind: "output", batchTimeMs: timeMs }, undefined, error);
        }
      },
    };
  }

  workOn(dataset: Dataset<unknown>, given: unknown): PartitionBody<unknown, unknown> {
    const { work } = this.#traits;
    invariant(work !== undefined, "an output that executors are asked for says what they do");
    return work(dataset as RDDNode<never>, given as never) as PartitionBody<unknown, unknown>;
  }

  forget(beforeMs: number): void {
    this.#traits.notes?.forget(beforeMs);
  }

  async forgetAll(): Promise<void> {
    await this.#traits.notes?.forgetAll();
  }
}

/** Where the calling program declared something: the frames of the stack outside of Millrace. */
export function declarationSite(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(2);
  const here = import.meta.url.replace(/\/core\/dstream\/[^/]*$/, "/");
  // Stacks name modules by address; loaders that transform sources name them by path.
  const ours = [here, fileURLToPath(here), "node:internal"];
  return frames
    .map((frame) => frame.trim().replace(/^at /, ""))
    .filter((frame) => !ours.some((place) => frame.includes(place)))
    .join("\n");
}
