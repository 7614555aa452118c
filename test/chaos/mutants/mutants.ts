/**
 * Owns: bugs that are planted into the durable path, each of which the explorer has to find. They are the faults that other
 * stream processors and databases had, and those that are easily made here.
 */
import type { Mutant } from "./mutant.ts";

const crashes = ["--images", "2000", "--seeds", "1"];
const torn = ["--images", "2000", "--seeds", "4"];
const nested = ["--nested", "1500", "--stride", "13"];
const damage = ["--corruptions", "1500"];

export const mutants: readonly Mutant[] = [
  {
    name: "a log acknowledges what is not synced",
    file: "src/wal/segment-medium.ts",
    text: "  await log.sync();\n",
    replacement: "",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "the name of a log is not synced",
    file: "src/store/local-log.ts",
    text: "if (!this.#isNameSynced) await this.#parts.syncName();",
    replacement: "",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "the name of an object is not synced",
    file: "src/store/local-store.ts",
    text: 'if (creation === "created") await this.#files.syncDirectory(dirname(path));',
    replacement: "",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "an object is not synced before it has its name",
    file: "src/store/unfinished-files.ts",
    text: "        await file.sync();\n      } finally {",
    replacement: "      } finally {",
    killedBy: ["update-state", ...torn],
  },
  {
    name: "what was read is not made durable",
    file: "src/store/settled-files.ts",
    text: "await this.#files.syncFile(path);",
    replacement: "",
    killedBy: ["word-count", ...nested],
  },
  {
    name: "a block counts before the journal has it (SPARK-23991)",
    file: "src/receiver/block-writer.ts",
    text: "await ledger.register(describe(block, location, label));",
    replacement: "void ledger.register(describe(block, location, label)).catch(() => {});",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "a batch runs before its allocation is durable",
    file: "src/receiver/block-ledger.ts",
    text: "this.#committed = settled(taken);\n    await taken;",
    replacement:
      'this.#committed = settled(taken);\n    if (event.kind !== "batch_allocated") await taken;\n    else {\n      this.#tracker.apply(event);\n      appended.catch(() => {});\n      this.#committed = Promise.resolve();\n    }',
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "blocks that no batch has are forgotten by a recovery (SPARK-23438)",
    file: "src/recovery/observe.ts",
    text: "if (sequence >= checkpoint.journal.sequence) knowledge.apply(event);",
    replacement:
      'if (sequence >= checkpoint.journal.sequence && event.kind !== "block_added") knowledge.apply(event);',
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "the first events behind a checkpoint are passed over",
    file: "src/recovery/observe.ts",
    text: "sequence >= checkpoint.journal.sequence",
    replacement: "sequence > checkpoint.journal.sequence + 1",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "outputs that are done are forgotten",
    file: "src/recovery/driver-knowledge.ts",
    text: "this.#of(event.batchTimeMs).outputsDone.add(event.outputUid);",
    replacement: "this.#of(event.batchTimeMs);",
    killedBy: ["update-state", ...crashes],
  },
  {
    name: "the checksum of a frame is not looked at",
    file: "src/wal/segment-reader.ts",
    text: "const isRight = !isCut && checksumOf(stored) === checksum;",
    replacement: "const isRight = !isCut;",
    killedBy: ["word-count", ...torn],
  },
  {
    name: "what was torn off is read again later",
    file: "src/recovery/driver-life.ts",
    text: "sealed: observation.journal.end.sealed,",
    replacement: "sealed: [],",
    killedBy: ["word-count", ...nested],
  },
  {
    name: "the journal of the oldest checkpoint is cleaned too early",
    file: "src/checkpoint/retention.ts",
    text: "return parsed.segment >= references.journalSegment;",
    replacement: "return parsed.segment > references.journalSegment;",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "batches are cleaned that a state may have to be made of again (SPARK-6222)",
    file: "src/recovery/cleaner.ts",
    text: "const beforeMs = Math.min(...plan.inputsAfterMs.values()) + 1;",
    replacement: "const beforeMs = Math.min(...plan.inputsAfterMs.values()) + 2001;",
    killedBy: ["map-with-state", ...crashes],
  },
  {
    name: "the files of a batch are chosen again by a replay",
    file: "src/context/durable-run.ts",
    text: "adoptInputs(graph.inputsInUse, batchTimeMs, inputs);",
    replacement: "void [adoptInputs, batchTimeMs, inputs];",
    killedBy: ["file-stream", ...crashes],
  },
  {
    name: "files that were taken are forgotten by a recovery",
    file: "src/context/durable-run.ts",
    text: "restoreInputs(this.#options.graph.inputs, inputStatesOf(left.checkpoint));",
    replacement: "void [restoreInputs, inputStatesOf];",
    killedBy: ["file-stream", ...crashes],
  },
  {
    name: "a source is asked from its beginning on",
    file: "src/sources/resumable-receiver.ts",
    text: "this.#source.open(registered ?? this.#source.from ?? 0, signal)",
    replacement: "this.#source.open(this.#source.from ?? 0, signal)",
    killedBy: ["word-count", ...crashes],
  },
  {
    name: "a record of an epoch that is missing is made again",
    file: "src/recovery/observe.ts",
    text: "ownEpoch === undefined ? writtenEpoch(journal, found) : epoch",
    replacement: "epoch",
    killedBy: ["word-count", ...damage],
  },
  {
    name: "the first frames are passed over where one copy lost its header",
    file: "src/wal/segment-union.ts",
    text: "return firstLost !== undefined && firstLost <= sequence ? firstLost : undefined;",
    replacement: "return firstLost;",
    killedBy: ["code-upgrade", ...damage],
  },
  {
    name: "what nothing leads to is not removed",
    file: "src/recovery/cleaner.ts",
    text: "for (const name of garbage) await logs.delete(name);",
    replacement: "void logs;",
    killedBy: ["update-state", ...crashes],
  },
];
