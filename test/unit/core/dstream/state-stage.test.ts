import { expect, test } from "vitest";
import { Settlement } from "../../../../src/base/index.ts";
import { StagesToCome, StateStage } from "../../../../src/core/dstream/state-stage.ts";
import type { Flow } from "../../../../src/core/index.ts";
import { VersionedState } from "../../../../src/state/index.ts";

const site = { uid: "tested", kind: "test" };
const flow = {} as Flow;

test("a stage that is given up while a task of it runs still does what is to be done instead", async () => {
  const state = new VersionedState<string, number>({ partitions: 1 });
  const begun = new Settlement();
  const goOn = new Settlement();
  const stage = new StateStage({
    state,
    site,
    versionMs: 1000,
    madeAtMs: 1000,
    taskCount: 1,
    toCome: new StagesToCome(),
    work: {
      inputs: () => [],
      updatePartition: async (update) => {
        begun.resolve();
        await goOn.promise;
        update.set("a", 1);
      },
    },
    workInstead: { inputs: () => [], updatePartition: (update) => update.set("a", 2) },
  });
  const running = stage.runTask(0, flow);
  await begun.promise;
  stage.giveUp();
  goOn.resolve();
  await running;
  stage.finish();
  expect(stage.missingTasks()).toEqual([0]);
  await stage.runTask(0, flow);
  stage.finish();
  expect(state.read(0, 1000).get("a")).toBe(2);
});
