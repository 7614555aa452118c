/** What a program does in an executor: it builds its graph, and serves. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { asExecutor, type ExecutorRole, type MirroredProgram } from "../../../src/context/index.ts";
import {
  onDriver,
  type StreamError,
  StreamingContext,
  type StreamingContextOptions,
  seconds,
  systemClock,
  udf,
} from "../../../src/index.ts";
import { CountingReceiver } from "./counting-receiver.ts";
import { ListInput } from "./driven-context.ts";

/** An executor that keeps what it was to serve, and serves for ever. */
class RecordingRole implements ExecutorRole {
  readonly id = "e1";
  readonly served: MirroredProgram[] = [];

  serve(program: MirroredProgram): Promise<never> {
    this.served.push(program);
    return new Promise(() => {});
  }
}

/** Lets everything run that does not wait for the world outside. */
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await systemClock.yieldToEventLoop();
};

async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  promise.then(note, note);
  await turns();
  return settled;
}

const interval = seconds(1);
const newContext = (options: Partial<StreamingContextOptions> = {}): StreamingContext =>
  new StreamingContext({ batchInterval: interval, ...options });

function declare(ssc: StreamingContext, factor = 2): StreamingContext {
  const times = factor === 2 ? (n: number) => n * 2 : (n: number) => n * 3;
  ssc
    .queueStream([[1]])
    .map(times)
    .print();
  return ssc;
}

async function served(build: () => StreamingContext): Promise<MirroredProgram> {
  const role = new RecordingRole();
  void asExecutor(role, () => build().start());
  await turns();
  const [program] = role.served;
  if (program === undefined) throw new Error("nothing was served");
  return program;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-role-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("in an executor", () => {
  test("a context says that it is not the driver's, and onDriver calls nothing", async () => {
    const role = new RecordingRole();
    expect(asExecutor(role, () => newContext().isDriver)).toBe(false);
    const calls: string[] = [];
    const call = () => calls.push("called");
    expect(asExecutor(role, () => onDriver(call))).toBeUndefined();
    expect(calls).toEqual([]);
    expect(newContext().isDriver).toBe(true);
    expect(onDriver(call)).toBe(1);
  });

  test("is what is called as one, also behind what it waits for, and nothing beside it", async () => {
    const role = new RecordingRole();
    const inside = asExecutor(role, async () => {
      await turns();
      return newContext().isDriver;
    });
    expect(newContext().isDriver).toBe(true);
    expect(await inside).toBe(false);
  });

  test("start serves with the graph, and never resolves; nor does anything that ends a context", async () => {
    const role = new RecordingRole();
    const ssc = asExecutor(role, () => newContext({ appName: "mirrored" }));
    const numbers = ssc.queueStream([[1]]);
    numbers.print();
    const started = asExecutor(role, () => ssc.start());
    expect(await hasSettled(started)).toBe(false);
    expect(ssc.state).toBe("ACTIVE");
    expect(role.served).toHaveLength(1);
    expect(role.served[0]).toMatchObject({
      appName: "mirrored",
      graph: numbers.node.scope,
      data: ssc.data,
      batchIntervalMs: 1000,
      defaultParallelism: 1,
    });
    const endings = [
      ssc.awaitTermination(),
      ssc.awaitTerminationOrTimeout(interval),
      ssc.stop(),
      ssc.stop({ graceful: false }),
      ssc.destroy(new Error("enough")),
    ];
    for (const ending of endings) expect(await hasSettled(ending)).toBe(false);
    expect(ssc.state).toBe("ACTIVE");
    await role.served[0]?.close();
    expect(ssc.state).toBe("STOPPED");
    expect(ssc.data.isClosed).toBe(true);
  });

  test("no input and no receiver is started, and what is done at a first start is not", async () => {
    const input = new ListInput([[1]]);
    const receiver = new CountingReceiver(systemClock, 3);
    let starts = 0;
    receiver.onStart = () => {
      starts += 1;
    };
    let firstStarts = 0;
    await served(() => {
      const ssc = newContext();
      ssc.inputStream(input).print();
      ssc.receiverStream(receiver).print();
      ssc.onFirstStart(() => {
        firstStarts += 1;
      });
      return ssc;
    });
    expect(input.calls).toEqual([]);
    expect(starts).toBe(0);
    expect(firstStarts).toBe(0);
  });

  test("getOrCreate calls the program and leaves the directory alone, whoever holds it", async () => {
    const folder = await newFolder();
    const directory = join(folder, "checkpoint");
    const role = new RecordingRole();
    const create = () => declare(newContext());
    const open = () => StreamingContext.getOrCreate(directory, create);
    const mirror = await asExecutor(role, open);
    expect(existsSync(directory)).toBe(false);
    expect(mirror.isRecovering).toBe(true);
    const driver = await open();
    expect(driver.isRecovering).toBe(false);
    expect((await asExecutor(role, open)).isDriver).toBe(false);
    await driver.stop();
  });

  test("a directory that is named is not opened by start", async () => {
    const directory = join(await newFolder(), "checkpoint");
    await served(() => {
      const ssc = declare(newContext());
      ssc.checkpoint(directory);
      return ssc;
    });
    expect(existsSync(directory)).toBe(false);
  });

  test("the active context is its own, and the driver's is another one", async () => {
    const role = new RecordingRole();
    const mirror = asExecutor(role, () => declare(newContext()));
    void asExecutor(role, () => mirror.start());
    const driver = declare(newContext());
    await driver.start();
    expect(asExecutor(role, () => StreamingContext.getActive())).toBe(mirror);
    expect(StreamingContext.getActive()).toBe(driver);
    await driver.stop();
    await role.served[0]?.close();
    expect(asExecutor(role, () => StreamingContext.getActive())).toBeUndefined();
  });

  test("what refuses the program rejects start", async () => {
    const refusal = new Error("another graph");
    const role: ExecutorRole = { id: "e2", serve: () => Promise.reject(refusal) };
    const started = asExecutor(role, () => declare(newContext()).start());
    await expect(started).rejects.toBe(refusal);
    const nothing = asExecutor(role, () => newContext().start());
    await expect(nothing).rejects.toMatchObject({ code: "output_missing" });
  });

  test("a process that only its environment calls one never drives", async () => {
    process.env["MILLRACE_EXECUTOR"] = "1";
    onTestFinished(() => {
      delete process.env["MILLRACE_EXECUTOR"];
    });
    const ssc = declare(newContext());
    expect(ssc.isDriver).toBe(false);
    const error = await ssc.start().catch((thrown: StreamError) => thrown.code);
    expect(error).toBe("executor_unconnected");
  });
});

describe("the fingerprint", () => {
  const of = async (build: () => StreamingContext) => (await served(build)).fingerprint;

  test("is that of every process that has built the same", async () => {
    const build = () => declare(newContext());
    expect(await of(build)).toBe(await of(build));
    expect(await of(build)).toMatch(/^[0-9a-f]{16}$/);
  });

  test("is another one where a udf is missing", async () => {
    const build = () => declare(newContext());
    const before = await of(build);
    udf("only in one process", () => 1);
    expect(await of(build)).not.toBe(before);
  });

  test("is another one for another function, graph, interval or parallelism", async () => {
    const programs = [
      () => declare(newContext()),
      () => declare(newContext(), 3),
      () => declare(declare(newContext())),
      () => declare(newContext({ batchInterval: seconds(2) })),
      () => declare(newContext({ defaultParallelism: 2 })),
    ];
    const all = await Promise.all(programs.map(of));
    expect(new Set(all).size).toBe(programs.length);
  });
});
