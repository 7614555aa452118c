import { functionArgument, StreamError } from "../../../base/index.ts";
import { type Flow, type Push, pushArray } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { throwIfCancelled } from "../pacer.ts";
import { userError } from "../user-function.ts";

/**
 * `mapAsync`: one record for each record, by a function that waits; at most `concurrency` calls are under way per
 * partition. The results come in the order of the records.
 */
export class MapAsyncNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (record: P) => PromiseLike<T> | T;
  readonly #concurrency: number;

  /** Throws `argument_invalid` unless `concurrency` is a whole number of 1 or more. */
  constructor(parent: RDDNode<P>, f: (record: P) => PromiseLike<T> | T, concurrency: number) {
    super(parent, "mapAsync");
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new StreamError("argument_invalid", {
        concurrency,
        expected: "a whole number of 1 or more",
      });
    }
    this.#f = functionArgument("f", f);
    this.#concurrency = concurrency;
  }

  protected async compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const records = await this.parent.gather(partition, flow);
    const results = new Array<T>(records.length);
    const failures: unknown[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < records.length && failures.length === 0 && !flow.task.signal.aborted) {
        const index = next++;
        try {
          results[index] = await this.#f(records[index] as P);
        } catch (error) {
          failures.push(error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#concurrency, records.length) }, work));
    if (failures.length > 0) throw userError(this.site, flow.task, failures[0]);
    throwIfCancelled(flow.task.signal);
    await pushArray(results, flow, push);
  }
}
