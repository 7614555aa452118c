import { describe, expect, test } from "vitest";
import { Settlement, systemClock } from "../../../src/base/index.ts";
import {
  type Flow,
  inJob,
  type JobScope,
  type OperatorSite,
  type StageBarrier,
  type TaskContext,
  taskContext,
} from "../../../src/core/index.ts";
import { JobRunner } from "../../../src/executor/job-runner.ts";
import { datasets } from "../core/rdd/datasets.ts";
import { errorOf } from "../core/rdd/error-of.ts";

const site: OperatorSite = { uid: "tested", kind: "test" };
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A stage that does as it is told, and tells what was done with it. */
class ScriptedStage implements StageBarrier {
  readonly purpose = "test";
  readonly site = site;
  readonly dependencies: StageBarrier["dependencies"];
  readonly taskCount: number;
  readonly log: string[];
  readonly #name: string;
  readonly #run: (partition: number, flow: Flow) => void | Promise<void>;
  readonly #done = new Set<number>();
  #finished = false;

  constructor(options: {
    name?: string;
    log?: string[];
    taskCount?: number;
    after?: readonly StageBarrier[];
    run?: (partition: number, flow: Flow) => void | Promise<void>;
  }) {
    this.#name = options.name ?? "stage";
    this.log = options.log ?? [];
    this.taskCount = options.taskCount ?? 2;
    this.dependencies = (options.after ?? []).map((barrier) => ({ kind: "stage", barrier }));
    this.#run = options.run ?? (() => {});
  }

  isComplete(): boolean {
    return this.#finished;
  }

  missingTasks(): number[] {
    return [...Array(this.taskCount).keys()].filter((task) => !this.#done.has(task));
  }

  async runTask(partition: number, flow: Flow): Promise<void> {
    this.log.push(`${this.#name} ${partition}`);
    await this.#run(partition, flow);
    this.#done.add(partition);
  }

  finish(): void {
    this.log.push(`${this.#name} finished`);
    this.#finished = true;
  }
}

const runner = () => new JobRunner(systemClock);

function jobScope(signal = new AbortController().signal): JobScope {
  return { batchTimeMs: 4000, uid: "output", attempt: 1, signal, accumulated: [] };
}

describe("a job", () => {
  test("runs its body over these partitions alone, one after the other, and gives the results in their order", async () => {
    const given = datasets().ofParts([["a"], ["b"], ["c"]]);
    const order: string[] = [];
    const results = await runner().runJob(given.node, [2, 0], async (input) => {
      order.push(`begin ${input.partition}`);
      const records: string[] = [];
      await input.each((record) => records.push(record));
      await turn();
      order.push(`end ${input.partition}`);
      return records.join();
    });
    expect(results).toEqual(["c", "a"]);
    expect(order).toEqual(["begin 2", "end 2", "begin 0", "end 0"]);
  });

  test("begins no further task when it was cancelled", async () => {
    const given = datasets().ofParts([[1], [2]]);
    const cancel = new AbortController();
    const reason = new Error("enough");
    const begun: number[] = [];
    const running = inJob(jobScope(cancel.signal), () =>
      runner().runJob(given.node, [0, 1], ({ partition }) => {
        begun.push(partition);
        cancel.abort(reason);
      }),
    );
    await expect(running).rejects.toMatchObject({ code: "job_cancelled", cause: reason });
    expect(begun).toEqual([0]);
  });

  test("ends with the first task that fails", async () => {
    const given = datasets().ofParts([[1], [2], [3]]);
    const begun: number[] = [];
    const running = runner().runJob(given.node, [0, 1, 2], ({ partition }) => {
      begun.push(partition);
      if (partition === 1) throw new Error("no");
    });
    await expect(running).rejects.toThrow("no");
    expect(begun).toEqual([0, 1]);
  });
});

describe("the stages before a job", () => {
  test("are completed in the order of their dependencies, each once", async () => {
    const log: string[] = [];
    const first = new ScriptedStage({ name: "first", log });
    const second = new ScriptedStage({ name: "second", log, taskCount: 1, after: [first] });
    const third = new ScriptedStage({ name: "third", log, taskCount: 1, after: [second, first] });
    await runner().runStages([third, first]);
    expect(log).toEqual([
      "first 0",
      "first 1",
      "first finished",
      "second 0",
      "second finished",
      "third 0",
      "third finished",
    ]);
  });

  test("are not finished when a task fails, and run only what is missing the next time", async () => {
    let fail = true;
    const stage = new ScriptedStage({
      taskCount: 3,
      run: (partition) => {
        if (partition === 1 && fail) throw new Error("no");
      },
    });
    const running = runner();
    await expect(running.runStages([stage])).rejects.toThrow("no");
    fail = false;
    await running.runStages([stage]);
    expect(stage.log).toEqual(["stage 0", "stage 1", "stage 1", "stage 2", "stage finished"]);
  });

  test("run once at a time, whichever jobs wait for them", async () => {
    const gate = new Settlement();
    const stage = new ScriptedStage({ run: () => gate.promise });
    const running = runner();
    const all = [running.runStages([stage]), running.runStages([stage, stage])];
    await turn();
    gate.resolve();
    await Promise.all(all);
    expect(stage.log).toEqual(["stage 0", "stage 1", "stage finished"]);
  });

  test("are tried anew by a job that waited for another one's failing try", async () => {
    const gate = new Settlement();
    let tries = 0;
    const stage = new ScriptedStage({
      taskCount: 1,
      run: async () => {
        if (tries++ === 0) await gate.promise;
      },
    });
    const running = runner();
    const first = running.runStages([stage]);
    const second = running.runStages([stage]);
    const failed = first.then(() => "succeeded", String);
    gate.reject(new Error("of the first"));
    await second;
    expect(await failed).toBe("Error: of the first");
    expect(stage.log).toEqual(["stage 0", "stage 0", "stage finished"]);
  });

  test("are not cancelled for a job by another one that began them", async () => {
    const gate = new Settlement();
    const cancel = new AbortController();
    const stage = new ScriptedStage({
      run: (partition) => (partition === 0 ? gate.promise : undefined),
    });
    const running = runner();
    const cancelled = inJob(jobScope(cancel.signal), () => running.runStages([stage]));
    const other = running.runStages([stage]);
    const failure = errorOf(cancelled);
    await turn();
    cancel.abort(new Error("enough"));
    gate.resolve();
    expect((await failure).code).toBe("job_cancelled");
    await other;
    expect(stage.log).toEqual(["stage 0", "stage 1", "stage finished"]);
  });
});

describe("the context of a task", () => {
  test("tells stage, partition and job wherever the functions of a program run", async () => {
    const seen: [string, TaskContext | undefined][] = [];
    const note = (where: string) => seen.push([where, taskContext()]);
    const pairs = datasets()
      .of([1, 2], 2)
      .map((x): [number, number] => {
        note("map side");
        return [0, x];
      })
      .reduceByKey((a, b) => {
        note("reduce side");
        return a + b;
      }, 1)
      .mapAsync(async (pair) => {
        await turn();
        note("after waiting");
        return pair;
      });
    const job = jobScope();
    await inJob(job, () => pairs.foreachPartition(() => void note("action")));
    expect(seen.map(([where]) => where)).toEqual([
      "map side",
      "map side",
      "reduce side",
      "after waiting",
      "action",
    ]);
    const contexts = seen.map(([, context]) => context);
    expect(contexts.map((context) => context?.partition)).toEqual([0, 1, 0, 0, 0]);
    expect(contexts.map((context) => context?.stageId)).toEqual([0, 0, 1, 1, 1]);
    for (const context of contexts) {
      expect(context).toMatchObject({ batchTimeMs: 4000, uid: "output", attempt: 1 });
      expect(context?.signal).toBe(job.signal);
    }
  });

  test("outside of a stream has no batch and is the first try", async () => {
    const [context] = await datasets()
      .of([0])
      .mapPartitions(() => [taskContext()])
      .collect();
    expect(context).toMatchObject({ batchTimeMs: undefined, uid: undefined, attempt: 0 });
    expect(context?.signal.aborted).toBe(false);
  });

  test("is not there on the driver", async () => {
    expect(taskContext()).toBeUndefined();
    await datasets().of([1, 2], 2).count();
    expect(taskContext()).toBeUndefined();
    let merging: TaskContext | undefined | "never" = "never";
    await datasets()
      .of([1, 2], 2)
      .reduce((a) => {
        merging = taskContext();
        return a;
      });
    expect(merging).toBeUndefined();
  });
});

describe("stages that are asked for together", () => {
  test("go on where one fails that they do not depend on, and tell the first failure", async () => {
    const log: string[] = [];
    const fail = () => {
      throw new Error("no");
    };
    const bad = new ScriptedStage({ name: "bad", log, taskCount: 1, run: fail });
    const after = new ScriptedStage({ name: "after", log, taskCount: 1, after: [bad] });
    const good = new ScriptedStage({ name: "good", log, taskCount: 1 });
    const running = runner().runStages([bad, after, good]);
    await expect(running).rejects.toThrow("no");
    // What failed is not tried again for those that depend on it.
    expect(log).toEqual(["bad 0", "good 0", "good finished"]);
  });
});
