import { type Flow, type Push, pushAsyncIterable } from "../flow.ts";
import { NarrowNode, type RDDNode } from "../node.ts";
import { lineOf } from "../save.ts";
import { guardedAsyncRecords } from "../user-function.ts";

/** `pipe`: the lines that a program prints when it is given the records of a partition as lines. */
export class PipeNode<T> extends NarrowNode<T, string> {
  readonly #command: string | readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  constructor(
    parent: RDDNode<T>,
    command: string | readonly string[],
    env: Readonly<Record<string, string>>,
  ) {
    super(parent, "pipe");
    this.#command = command;
    this.#env = env;
  }

  protected async compute(partition: number, flow: Flow, push: Push<string>): Promise<void> {
    const records = await this.parent.gather(partition, flow);
    const output = this.environment.files.pipe(this.#command, records.map(lineOf), {
      env: this.#env,
      signal: flow.task.signal,
    });
    await pushAsyncIterable(guardedAsyncRecords(output, this.site, flow.task), flow, push);
  }
}
