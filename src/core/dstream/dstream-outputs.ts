/**
 * Owns: the output operations of a stream: what makes batches do something.
 * Does not own: transformations (dstream.ts), running them (src/scheduler).
 */
import { functionArgument, localPath, objectWithMethods, StreamError } from "../../base/index.ts";
import {
  type BatchOutputIdentity,
  CommitPruning,
  commitOnce,
  type OutputIdentity,
  type TransactionalSink,
} from "../output/index.ts";
import {
  type FileWriter,
  foreachPartitionOf,
  lineOf,
  type OutputAttempt,
  type PartitionBody,
  type RDD,
  type RDDNode,
  saveParts,
  savingPart,
  taskContext,
} from "../rdd/index.ts";
import { type BodyOptions, bodyPlaceOf } from "./body-place.ts";
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
   * Calls `body` with the dataset of each batch and its time (ms since the epoch), on the driver unless the options declare
   * otherwise; nothing is computed unless it runs an action. The third argument names the output and the batch, for sinks
   * that keep such names.
   */
  foreachRDD(body: OutputBody<T>, options: BodyOptions = {}): OutputOperation {
    functionArgument("f", body);
    const runsOn = bodyPlaceOf(options);
    return this.#output("foreachRDD", body, declarationSite(), { functions: [body], runsOn });
  }

  /**
   * Calls `f` with the records of each partition of each batch, where they are: the place for connections. It may be called
   * again for the same partition, by a retry or after a crash, and then with the same identity but for the epoch.
   */
  foreachPartition(
    f: (
      records: readonly T[],
      partition: number,
      timeMs: number,
      identity: OutputIdentity,
    ) => unknown,
  ): OutputOperation {
    functionArgument("f", f);
    return this.#foreachPartition(
      "foreachPartition",
      declarationSite(),
      (records, identity) => f(records, identity.partition, identity.batchTimeMs, identity),
      { functions: [f] },
    );
  }

  /**
   * Writes the records of each partition of each batch in one transaction of a database, once: the note that they were
   * written is part of it, so a retry or a replay after a crash changes nothing. `write` does its writing by `tx`, and
   * nothing else: it is called again when its transaction was rolled back. The output fails with `sink_fenced` when a later
   * driver of the application has written, with `sink_partitions_differ`, `sink_batch_forgotten`, `sink_contended`.
   */
  saveExactlyOnce<Tx>(
    sink: TransactionalSink<Tx>,
    write: (tx: Tx, records: readonly T[], identity: OutputIdentity) => unknown,
  ): OutputOperation {
    const pruning = new CommitPruning(sink);
    const save = async (records: readonly T[], identity: OutputIdentity): Promise<void> => {
      const signal = taskContext()?.signal;
      const body = (tx: Tx): unknown => write(tx, records, identity);
      await commitOnce(sink, identity, body, signal === undefined ? {} : { signal });
      pruning.committed(identity.applicationId);
    };
    return this.#foreachPartition("saveExactlyOnce", declarationSite(), save, {
      functions: [write],
      notes: {
        forget: (beforeMs) => pruning.forget(beforeMs),
        forgetAll: () => pruning.forgetApplication(),
      },
    });
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
        await environment.print([rule, `Time: ${timeMs} ms`, rule, ...lines, "", ""].join("\n"));
      },
      declarationSite(),
    );
  }

  /**
   * Writes each batch into a directory `prefix-<time in ms>[.suffix]`, a record a line; once, however often the batch is
   * run. The directory appears when all is in it. The output fails with `output_taken` when something else is there.
   */
  saveAsTextFiles(prefix: string, suffix = ""): OutputOperation {
    return this.#save("saveAsTextFiles", prefix, suffix, (dataset, directory) =>
      dataset.saveAsTextFile(directory),
    );
  }

  /** Writes each batch into a directory `prefix-<time in ms>[.suffix]`, as Avro object container files; once. */
  saveAsObjectFiles(prefix: string, suffix = ""): OutputOperation {
    return this.#save("saveAsObjectFiles", prefix, suffix, (dataset, directory) =>
      dataset.saveAsObjectFile(directory),
    );
  }

  /** Writes each batch into a directory `prefix-<time in ms>[.suffix]`, in a format of one's own; once. */
  saveAsFiles(prefix: string, writer: FileWriter<T>, suffix = ""): OutputOperation {
    objectWithMethods("writer", writer, ["write"]);
    const work = (dataset: RDDNode<T>, attempt: OutputAttempt) =>
      savingPart(dataset, attempt, writer);
    return this.#save(
      "saveAsFiles",
      prefix,
      suffix,
      ({ node }, directory, { outputUid: uid }) =>
        saveParts(node, directory, writer, (given) => ({ kind: "output", uid, given })),
      { work },
    );
  }

  #save(
    kind: string,
    prefix: string,
    suffix: string,
    save: (dataset: RDD<T>, directory: string, output: BatchOutputIdentity) => Promise<void>,
    traits: OutputTraits = {},
  ): OutputOperation {
    // An address that nothing can be written to is told at the call, not by every batch.
    localPath(prefix);
    const directoryAt = (timeMs: number) =>
      [prefix === "" ? `${timeMs}` : `${prefix}-${timeMs}`, suffix].filter(Boolean).join(".");
    return this.#output(
      kind,
      (dataset, timeMs, output) => save(dataset, directoryAt(timeMs), output),
      declarationSite(),
      { ...traits, parameters: [prefix, suffix] },
    );
  }

  #foreachPartition(
    kind: string,
    declaredAt: string,
    f: (records: readonly T[], identity: OutputIdentity) => unknown,
    traits: OutputTraits,
  ): OutputOperation {
    type Given = Omit<OutputIdentity, "partition">;
    const work = (node: RDDNode<T>, output: Given): PartitionBody<T, void> =>
      foreachPartitionOf(node, (records, partition) => f(records, { ...output, partition }));
    const body: OutputBody<T> = ({ node }, _timeMs, output) => {
      const { partitionCount } = node;
      const given: Given = { ...output, partitionCount };
      const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
      const action = { kind: "output", uid: output.outputUid, given } as const;
      return node.environment.runJob(node, partitions, work(node, given), action);
    };
    return this.#output(kind, body, declaredAt, { ...traits, work });
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
