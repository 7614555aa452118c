/** Owns: an output operation: what it does with the dataset of each batch time. */
import { fileURLToPath } from "node:url";
import { RDD, userError } from "../rdd/index.ts";
import type { DStreamNode } from "./node.ts";
import type { OutputStream, StreamJob, StreamLineage } from "./stream.ts";

/** What an output operation does with the dataset of a batch time. */
export type OutputBody<T> = (dataset: RDD<T>, timeMs: number) => unknown;

/** An output operation over one stream; it runs on the driver, once per batch. */
export class OutputNode<T> implements OutputStream {
  readonly parents: readonly StreamLineage[];
  readonly #parent: DStreamNode<T>;
  readonly #body: OutputBody<T>;
  readonly #name: string;
  readonly #description: string;
  readonly #outputId: number;
  #uid: string | undefined;

  /** `declaredAt` is the stack of the call that declared it. */
  constructor(parent: DStreamNode<T>, kind: string, body: OutputBody<T>, declaredAt: string) {
    parent.scope.assertBuilding(kind);
    this.parents = [parent];
    this.#parent = parent;
    this.#body = body;
    this.#name = `${kind} at ${declaredAt.split("\n")[0] ?? "unknown"}`;
    this.#description = declaredAt;
    this.#outputId = parent.scope.addOutput(this);
  }

  /** The id of the output: the one that was given, else that of the stream and the place in the order of definition. */
  get uid(): string {
    return this.#uid ?? `output-${this.#outputId}-of-${this.#parent.uid}`;
  }

  /** Gives the output an id of its own; throws `uid_taken`. */
  giveUid(uid: string): void {
    this.#parent.scope.assertBuilding("uid");
    this.#parent.scope.claimUid(uid);
    this.#uid = uid;
  }

  async jobAt(timeMs: number): Promise<StreamJob | undefined> {
    const dataset = await this.#parent.at(timeMs);
    if (dataset === undefined) return undefined;
    const { uid } = this;
    return {
      timeMs,
      outputId: this.#outputId,
      uid,
      name: this.#name,
      description: this.#description,
      run: async () => {
        try {
          await this.#body(new RDD(dataset), timeMs);
        } catch (error) {
          throw userError({ uid, kind: "output", batchTimeMs: timeMs }, undefined, error);
        }
      },
    };
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
