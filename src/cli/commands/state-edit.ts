/** Owns: `millrace checkpoint state set` and `state rm`. */
import { keyOfText, keyText, toJson, valueOfText, valueText } from "../../inspect/index.ts";
import {
  applyStateEdit,
  Maintenance,
  planStateEdit,
  type StateEdit,
  type StateEditPlan,
} from "../../upkeep/index.ts";
import { type Call, type CommandDefinition, directoryArgument } from "../command.ts";
import { confirm, dryRunOption, yesOption } from "../confirm.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { countText, timeText } from "../text.ts";
import { keyArgument, operatorArgument } from "./state-entries.ts";

const description = [
  "It takes the lock and the next epoch as a driver does, so it refuses while one lives. The snapshot that a start would restore is written again with the key changed, and a checkpoint that refers to it; what was there stays until a driver cleans up. `audit/<epoch>` keeps who changed what, with the value before.",
  "Batches that a start computes on top of that snapshot may change the key again; how many there are is told first. After a graceful stop there are none. The totals of a window cannot be changed: they are those of its batches.",
];

const json: NonNullable<CommandDefinition["json"]> = {
  report: "millrace/state-edit",
  version: 1,
  form: "one",
  fields: {
    operator: "the uid",
    key: "in the notation of values",
    before: "the value before",
    after: 'the value now; {"$undefined":true} where the key was removed',
    versionMs: "the batch whose state was changed",
    batchesOnTop: "batches that a start computes on top of that",
    epoch: "the epoch in which it was done; null for a dry run",
    checkpoint: "the checkpoint that has it; null for a dry run",
    audit: "the audit record; null for a dry run",
  },
};

export const stateSetCommand: CommandDefinition = {
  name: "checkpoint state set",
  summary: "Change the value of a key, in a new checkpoint",
  description,
  examples: [
    {
      line: "millrace checkpoint state set ./ckpt counts JFK 12 --dry-run",
      does: "what would be changed",
    },
    {
      line: `millrace checkpoint state set ./ckpt delays JFK '{"total":0,"count":0}' --yes`,
      does: "set it to an object",
    },
  ],
  arguments: [
    directoryArgument,
    operatorArgument,
    keyArgument,
    { name: "<value>", does: "the new value: JSON, in the notation of values" },
  ],
  options: [dryRunOption, yesOption],
  json,
  run: (call) => edit(call, () => valueOfText(call.arg(3))),
};

export const stateRmCommand: CommandDefinition = {
  name: "checkpoint state rm",
  summary: "Remove a key from a state, in a new checkpoint",
  description,
  examples: [{ line: "millrace checkpoint state rm ./ckpt counts JFK", does: "forget a key" }],
  arguments: [directoryArgument, operatorArgument, keyArgument],
  options: [dryRunOption, yesOption],
  json,
  run: (call) => edit(call, () => undefined),
};

async function edit(call: Call, valueOf: () => unknown): Promise<ExitCode> {
  const wanted: StateEdit = {
    operator: call.arg(1),
    key: keyOfText(call.arg(2)),
    value: valueOf(),
  };
  const options = await call.storeOptions();
  const maintenance = await Maintenance.open(call.arg(0), call.world, options);
  try {
    const plan = await planStateEdit(maintenance, wanted);
    call.output.note(planText(plan));
    if (call.flag("dryRun")) {
      await report(call, plan, { epoch: null, checkpoint: null, audit: null });
      return exitCodes.ok;
    }
    await confirm(call, "Change it?");
    await report(call, plan, await applyStateEdit(maintenance, plan));
    return exitCodes.ok;
  } finally {
    await maintenance.close();
  }
}

function planText({ batchesOnTop, before, edit: wanted, versionMs }: StateEditPlan): string {
  const from = before === undefined ? "nothing" : valueText(before);
  const to = wanted.value === undefined ? "nothing" : valueText(wanted.value);
  const onTop =
    batchesOnTop === 0
      ? "no batch is computed on top of it"
      : `${countText(batchesOnTop, "batch is", "batches are")} computed on top of it at the next start`;
  return `${keyText(wanted.key)} of ${wanted.operator}, as of the batch ${timeText(versionMs)}: ${from} becomes ${to}; ${onTop}`;
}

async function report(
  call: Call,
  { batchesOnTop, before, edit: { key, operator, value }, versionMs }: StateEditPlan,
  done: {
    readonly epoch: number | null;
    readonly checkpoint: string | null;
    readonly audit: string | null;
  },
): Promise<void> {
  const { audit, checkpoint, epoch } = done;
  const data = {
    operator,
    key: toJson(key),
    before: toJson(before),
    after: toJson(value),
    versionMs,
    batchesOnTop,
    epoch,
    checkpoint,
    audit,
  };
  await call.output.document(data, () =>
    checkpoint === null ? ["nothing was changed"] : [`${checkpoint}, ${audit}`],
  );
}
