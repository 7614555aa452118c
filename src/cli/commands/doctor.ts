/** Owns: `millrace checkpoint doctor`. */
import { uniqueName } from "../../base/index.ts";
import { type Diagnosis, examine } from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";

export const doctorCommand: CommandDefinition = {
  name: "checkpoint doctor",
  summary: "Check whether this machine and this place are fit for a checkpoint directory",
  description: [
    "It looks at versions, packages, the store, what a start would find, the clock, and whether the last driver seems to live. With --probe it also writes: it makes an object twice, to see that a name is given once, appends to a log and syncs it, and removes both.",
  ],
  examples: [
    { line: "millrace checkpoint doctor ./ckpt", does: "is everything in order?" },
    {
      line: "millrace checkpoint doctor s3://bucket/app --probe",
      does: "does this bucket keep conditional writes?",
    },
  ],
  arguments: [directoryArgument],
  options: [{ flags: "--probe", does: "also write a few objects, and remove them again" }],
  json: {
    report: "millrace/diagnoses",
    version: 1,
    form: "rows",
    fields: {
      check: "what was looked at",
      status: "`ok`, `warning`, `failed` or `skipped`",
      what: "what was found, in words",
    },
  },
  run: async (call) => {
    const { clock, host, nodeVersion, version } = call.world;
    const machine = { clock, host, nodeVersion, version, isAlive, canLoad, nonce: uniqueName() };
    const options = { ...(await call.storeOptions()), probe: call.flag("probe") };
    const diagnoses = await examine(call.arg(0), machine, options);
    const columns: readonly Column<Diagnosis>[] = [
      { title: "CHECK", text: ({ check }) => check },
      { title: "STATUS", text: ({ status }) => status },
      { title: "WHAT", text: ({ what }) => what },
    ];
    await call.output.rows(diagnoses, columns, asJson);
    const hasFailed = diagnoses.some(({ status }) => status === "failed");
    return hasFailed ? exitCodes.failure : exitCodes.ok;
  },
};

/** Signal 0 asks without doing anything; who may not send it has found somebody all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function canLoad(name: string): Promise<boolean> {
  try {
    await import(name);
    return true;
  } catch {
    return false;
  }
}
