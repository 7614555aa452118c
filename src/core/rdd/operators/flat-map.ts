import type { Flow, Push } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { refusePromise, userError } from "../user-function.ts";

/** `flatMap`: any number of records for each record. */
export class FlatMapNode<P, T> extends NarrowNode<P, T> {
  readonly #f: (record: P) => Iterable<T>;

  constructor(parent: RDDNode<P>, f: (record: P) => Iterable<T>, kind = "flatMap") {
    super(parent, kind);
    this.#f = f;
  }

  protected compute(partition: number, flow: Flow, push: Push<T>): Promise<void> {
    const f = this.#f;
    const { site } = this;
    const { task } = flow;
    return this.parent.run(partition, flow, (record) => {
      let results: Iterable<T>;
      try {
        results = f(record);
        if (!Array.isArray(results)) {
          refusePromise(results, site);
          // A generator of the user's throws while it is read: read it here, where the error gets its name.
          results = [...results];
        }
      } catch (error) {
        throw userError(site, task, error);
      }
      pushAll(results as T[], flow, push);
    });
  }
}

function pushAll<T>(records: readonly T[], flow: Flow, push: Push<T>): void {
  for (let index = 0; index < records.length && !flow.stopped; index++) push(records[index] as T);
}
