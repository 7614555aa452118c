/** Owns: `millrace checkpoint ls`. */
import { type CheckpointSummary, listCheckpoints } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";
import { ageText, byteText, numberText, timeText } from "../text.ts";

export const lsCommand: CommandDefinition = {
  name: "checkpoint ls",
  summary: "List the checkpoints of a directory, newest last",
  description: [
    "Each is read, and it is looked up whether all that it refers to is there; no state is read, however large it is. What is there may be damaged all the same: `verify` looks at every byte.",
  ],
  examples: [
    { line: "millrace checkpoint ls ./ckpt", does: "what is there, and whether it is complete" },
    {
      line: "millrace ckpt ls s3://bucket/app --json",
      does: "the same of a bucket, for a program",
    },
  ],
  arguments: [directoryArgument],
  json: {
    report: "millrace/checkpoints",
    version: 1,
    form: "rows",
    fields: {
      name: "of the checkpoint, as `--at` takes it",
      batchTimeMs: "the newest batch that was allocated",
      epoch: "the number of the driver's life",
      number: "of the checkpoint in that life",
      writtenAtMs: "by the clock of the machine that wrote it; null where it cannot be read",
      byteCount: "of the file, without the states",
      status: "`complete`, `incomplete` (something it refers to is missing) or `damaged`",
      reason: "of one that is not complete",
      pendingBatches: "batches with outputs that are not done",
      stateEntries: "keys in its state snapshots, those of deltas included",
      stateBytes: "of its state snapshots",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const checkpoints = await listCheckpoints(directory);
      const nowMs = call.world.clock.now();
      await call.output.rows(checkpoints, columnsAt(nowMs), asJson);
      const isWhole = checkpoints.every(({ status }) => status === "complete");
      if (checkpoints.length === 0) call.output.note("no checkpoint yet");
      return isWhole ? exitCodes.ok : exitCodes.damaged;
    }),
};

function columnsAt(nowMs: number): readonly Column<CheckpointSummary>[] {
  return [
    { title: "CHECKPOINT", text: ({ name }) => name },
    { title: "BATCH", text: ({ batchTimeMs }) => timeText(batchTimeMs) },
    {
      title: "WRITTEN",
      text: ({ writtenAtMs }) => timeText(writtenAtMs),
      short: ({ writtenAtMs }) =>
        writtenAtMs === undefined ? "-" : `${ageText(nowMs - writtenAtMs)} ago`,
    },
    { title: "EPOCH", text: ({ epoch }) => String(epoch), isNumber: true },
    {
      title: "SIZE",
      text: ({ byteCount }) => String(byteCount),
      short: ({ byteCount }) => byteText(byteCount),
      isNumber: true,
    },
    {
      title: "STATE",
      text: ({ stateBytes }) => numberText(stateBytes),
      short: ({ stateBytes }) => byteText(stateBytes),
      isNumber: true,
    },
    { title: "PENDING", text: ({ pendingBatches }) => numberText(pendingBatches), isNumber: true },
    { title: "STATUS", text: ({ reason, status }) => (reason ? `${status}: ${reason}` : status) },
  ];
}
