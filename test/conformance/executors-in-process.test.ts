import { executorsRun, inProcess } from "../support/in-process-master.ts";
import type { CaseModule } from "./executor-cases/case-module.ts";
import { moduleOf } from "./executor-cases/case-module.ts";
import { describeExecutors, runHere } from "./executors.suite.ts";

describeExecutors("objects of this process", async (name) => {
  const { default: application } = (await import(moduleOf(name).href)) as CaseModule;
  executorsRun(async () => (await application.open()).start());
  return JSON.parse(JSON.stringify(await runHere(name, { master: inProcess(2) })));
});
