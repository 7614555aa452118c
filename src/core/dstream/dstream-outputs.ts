/**
 * Owns: the output operations of a stream: what makes batches do something.
 * Does not own: transformations (dstream.ts), running them (src/scheduler).
 */
import { localPath, StreamError } from "../../base/index.ts";
import { type FileWriter, lineOf, type RDD } from "../rdd/index.ts";
import { DStreamHandle } from "./dstream-handle.ts";
import { declarationSite, type OutputBody, OutputNode, type OutputTraits } from "./output-node.ts";

/** A declared output operation. */
export class OutputOperation {
  readonly #output: { giveUid(uid: string): void };

  constructor(output: { giveUid(uid: string): void }) {
    this.#output = output;
  }

  /** Gives the output an id that stays the same however the program changes; throws `uid_fixed`, `uid_taken`. */
  uid(uid: string): this {
    this.#output.giveUid(uid);
    return this;
  }
}

/** The output operations of a stream. */
export class DStreamOutputs<T> extends DStreamHandle<T> {
  /**
   * Calls `body` with the dataset of each batch and its time (ms since the epoch), on the driver; nothing is computed
   * unless it runs an action.
   */
  foreachRDD(body: OutputBody<T>): OutputOperation {
    return this.#output("foreachRDD", body, declarationSite(), { functions: [body] });
  }

  /** Calls `f` with the records of each partition of each batch, where they are: the place for connections. */
  foreachPartition(
    f: (records: readonly T[], partition: number, timeMs: number) => unknown,
  ): OutputOperation {
    return this.#output(
      "foreachPartition",
      (dataset, timeMs) =>
        dataset.foreachPartition((records, partition) => f(records, partition, timeMs)),
      declarationSite(),
      { functions: [f] },
    );
  }

  /** Prints the time of each batch and its first `count` records. Throws `argument_invalid` for a negative count. */
  print(count = 10): OutputOperation {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new StreamError("argument_invalid", { count, expected: "a whole number from 0 up" });
    }
    const { environment } = this.node.scope;
    return this.#output(
      "print",
      async (dataset, timeMs) => {
        const records = await dataset.take(count + 1);
        const lines = records.slice(0, count).map(lineOf);
        if (records.length > count) lines.push("...");
        const rule = "-------------------------------------------";
        environment.print([rule, `Time: ${timeMs} ms`, rule, ...lines, "", ""].join("\n"));
      },
      declarationSite(),
    );
  }

  /** Writes each batch into a directory `prefix-<time in ms>[.suffix]`, a record a line. */
  saveAsTextFiles(prefix: string, suffix = ""): OutputOperation {
    return this.#save("saveAsTextFiles", prefix, suffix, (dataset, directory) =>
      dataset.saveAsTextFile(directory),
    );
  }

  /** Writes each batch into a directory `prefix-<time in ms>[.suffix]`, as Avro object container files. */
  saveAsObjectFiles(prefix: string, suffix = ""): OutputOperation {
    return this.#save("saveAsObjectFiles", prefix, suffix, (dataset, directory) =>
      dataset.saveAsObjectFile(directory),
    );
  }

  /** Writes each batch into a directory `prefix-<time in ms>[.suffix]`, in a format of one's own. */
  saveAsFiles(prefix: string, writer: FileWriter<T>, suffix = ""): OutputOperation {
    return this.#save("saveAsFiles", prefix, suffix, (dataset, directory) =>
      dataset.saveAsFiles(directory, writer),
    );
  }

  #save(
    kind: string,
    prefix: string,
    suffix: string,
    save: (dataset: RDD<T>, directory: string) => Promise<void>,
  ): OutputOperation {
    // An address that nothing can be written to is told at the call, not by every batch.
    localPath(prefix);
    const directoryAt = (timeMs: number) =>
      [prefix === "" ? `${timeMs}` : `${prefix}-${timeMs}`, suffix].filter(Boolean).join(".");
    return this.#output(
      kind,
      (dataset, timeMs) => save(dataset, directoryAt(timeMs)),
      declarationSite(),
      { parameters: [prefix, suffix] },
    );
  }

  #output(
    kind: string,
    body: OutputBody<T>,
    declaredAt: string,
    traits?: OutputTraits,
  ): OutputOperation {
    return new OutputOperation(new OutputNode<T>(this.node, kind, body, declaredAt, traits));
  }
}
