/** Owns: `millrace checkpoint repair`. */
import { applyRepair, Maintenance, planRepair, type RepairPlan } from "../../upkeep/index.ts";
import { type Call, type CommandDefinition, directoryArgument } from "../command.ts";
import { confirm, dryRunOption, yesOption } from "../confirm.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { asJson } from "../output.ts";

export const repairCommand: CommandDefinition = {
  name: "checkpoint repair",
  summary: "Make a damaged directory fit to be started, after telling what would be lost",
  description: [
    "It goes on from the newest checkpoint that can be read, the events of the journal behind it as far as none is missing, and the state snapshots that are whole. What it would do, and what would be lost, is told before anything is done. It takes the lock and the next epoch as a driver does.",
    "Nothing is made up: where a state cannot be made of what is there, it says so, and a backup is needed. A backup of the damaged files is better than a repair in any case. Checkpoints that cannot be read are kept under `audit/`. Only a directory of this machine can be repaired: copy a bucket first.",
  ],
  examples: [
    {
      line: "millrace checkpoint repair ./ckpt --dry-run",
      does: "what could be done, and at which price",
    },
    { line: "millrace checkpoint repair ./ckpt", does: "tell it, ask, and do it" },
  ],
  arguments: [directoryArgument],
  options: [dryRunOption, yesOption],
  json: {
    report: "millrace/repair",
    version: 1,
    form: "one",
    fields: {
      case: "what a start would find",
      verdict: "`none` (nothing to repair), `possible` or `impossible`",
      steps: "what would be done, or why nothing can be, in words",
      losses: "what would be lost, in words",
      epoch: "in which it was done; null where it was not",
      checkpoint: "that was written; null where it was not",
      audit: "the audit record; null where nothing was done",
    },
  },
  run: async (call) => {
    const maintenance = await Maintenance.open(call.arg(0), call.world, await call.storeOptions());
    try {
      return await repair(call, maintenance);
    } finally {
      await maintenance.close();
    }
  },
};

async function repair(call: Call, maintenance: Maintenance): Promise<ExitCode> {
  const plan = await planRepair(maintenance);
  for (const line of linesOf(plan)) call.output.note(line);
  if (plan.verdict !== "possible" || call.flag("dryRun")) {
    await report(call, plan, { epoch: null, checkpoint: null, audit: null });
    return plan.verdict === "none" ? exitCodes.ok : exitCodes.damaged;
  }
  await confirm(call, "Repair it?");
  await report(call, plan, await applyRepair(maintenance, plan));
  return exitCodes.ok;
}

function* linesOf({ case: found, losses, steps, verdict }: RepairPlan): Generator<string> {
  yield `a start finds: ${found}`;
  if (verdict === "none") yield "there is nothing to repair";
  if (verdict === "impossible") yield "it cannot be repaired";
  for (const step of steps) yield `  ${step}`;
  if (verdict !== "possible") return;
  yield losses.length === 0 ? "nothing would be lost" : "this would be lost:";
  for (const loss of losses) yield `  ${loss}`;
}

async function report(
  call: Call,
  { case: found, losses, steps, verdict }: RepairPlan,
  done: {
    readonly epoch: number | null;
    readonly checkpoint: string | null;
    readonly audit: string | null;
  },
): Promise<void> {
  const { audit, checkpoint, epoch } = done;
  const data = asJson({ case: found, verdict, steps, losses, epoch, checkpoint, audit });
  await call.output.document(data, () =>
    checkpoint === null ? ["nothing was changed"] : [`${checkpoint}, ${audit}`],
  );
}
