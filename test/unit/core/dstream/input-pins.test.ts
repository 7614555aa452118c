import { describe, expect, test } from "vitest";
import { OutputNode } from "../../../../src/core/dstream/output-node.ts";
import {
  ArrayNode,
  adoptInputs,
  allocateInputs,
  assertResumable,
  InputDStream,
  type InputHost,
  InputNode,
  inputsThatCannotResume,
  RDD,
  restoreInputs,
  StreamGraph,
  snapshotInputs,
} from "../../../../src/core/index.ts";
import { ConstantInputStream, QueueInputStream } from "../../../../src/sources/index.ts";
import { datasetOf, newEnvironment } from "../../sources/input-fixture.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

/** Counts its batches: each is made of the next number. */
class CountingInput extends InputDStream<number, number> {
  readonly kind = "counting";
  readonly calls: string[] = [];
  chosen = 0;
  failing = false;
  pinOf: (chosen: number) => unknown = (chosen) => chosen;
  #host: InputHost | undefined;

  override start(host: InputHost): void {
    this.calls.push("start");
    this.#host = host;
  }

  override allocate(timeMs: number): number {
    this.calls.push(`allocate ${timeMs}`);
    if (this.failing) throw new Error("nothing to choose from");
    this.chosen += 1;
    return this.pinOf(this.chosen) as number;
  }

  override compute(timeMs: number, pin: number): RDD<number> | undefined {
    this.calls.push(`compute ${timeMs} ${pin}`);
    return this.#host && datasetOf(this.#host.environment, [pin]);
  }

  override adopt(timeMs: number, pin: number): void {
    this.calls.push(`adopt ${timeMs} ${pin}`);
    this.chosen = Math.max(this.chosen, pin);
  }

  override snapshot(): number {
    return this.chosen;
  }

  override restore(state: unknown): void {
    this.calls.push(`restore ${state}`);
    this.chosen = state as number;
  }
}

/** Gives what it is told, and nothing twice. */
class PlainInput extends InputDStream<number> {
  readonly kind = "plain";
  #host: InputHost | undefined;

  override start(host: InputHost): void {
    this.#host = host;
  }

  override compute(timeMs: number): RDD<number> | undefined {
    return this.#host && datasetOf(this.#host.environment, [timeMs]);
  }
}

const environment = newEnvironment();

function addOutputs(nodes: readonly InputNode<number>[]): void {
  for (const node of nodes) new OutputNode(node, "foreachRDD", () => {}, "here");
}

/** The graph of these inputs, started, with an output on each. */
async function started(...inputs: InputDStream<number>[]) {
  const graph = new StreamGraph(environment, 1000);
  const nodes = inputs.map((input) => new InputNode(graph, input, () => {}));
  addOutputs(nodes);
  graph.start(0);
  for (const node of nodes) await node.start();
  return { graph, nodes, inputs: graph.inputsInUse };
}

async function recordsOf(node: InputNode<number> | undefined, timeMs: number) {
  const made = await node?.at(timeMs);
  return made && new RDD(made).collect();
}

describe("an input that chooses", () => {
  test("chooses once per batch, and makes the dataset of its choice", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input);
    const [node] = nodes;
    expect(await allocateInputs(inputs, 1000)).toEqual({ [node?.uid ?? ""]: 1 });
    expect(await allocateInputs(inputs, 1000)).toEqual({ [node?.uid ?? ""]: 1 });
    expect(await recordsOf(node, 1000)).toEqual([1]);
    expect(input.calls).toEqual(["start", "allocate 1000", "compute 1000 1"]);
  });

  test("chooses when its dataset is made, where no journal asked before", async () => {
    const input = new CountingInput();
    const { nodes } = await started(input);
    expect(await recordsOf(nodes[0], 1000)).toEqual([1]);
    expect(await recordsOf(nodes[0], 2000)).toEqual([2]);
  });

  test("chooses again after it has failed, and says where", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input);
    input.failing = true;
    await expect(allocateInputs(inputs, 1000)).rejects.toMatchObject({
      code: "user_function_failed",
      details: { operator: nodes[0]?.uid, batchTimeMs: 1000 },
    });
    input.failing = false;
    expect(await recordsOf(nodes[0], 1000)).toEqual([1]);
  });

  test("may choose plain data only", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input);
    input.pinOf = () => () => 1;
    await expect(allocateInputs(inputs, 1000)).rejects.toMatchObject({
      code: "value_unsupported",
      details: { operator: nodes[0]?.uid },
    });
  });

  test("is not asked for times off its grid", async () => {
    const input = new CountingInput();
    const { nodes } = await started(input);
    expect(await nodes[0]?.allocateAt(1500)).toBeUndefined();
    expect(await nodes[0]?.allocateAt(0)).toBeUndefined();
    expect(input.calls).toEqual(["start"]);
  });

  test("makes a batch of an earlier life of what was chosen then", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input);
    const [node] = nodes;
    adoptInputs(inputs, 1000, { [node?.uid ?? ""]: 7 });
    expect(await recordsOf(node, 1000)).toEqual([7]);
    expect(await allocateInputs(inputs, 1000)).toEqual({ [node?.uid ?? ""]: 7 });
    expect(await recordsOf(node, 2000)).toEqual([8]);
    expect(input.calls).not.toContain("allocate 1000");
  });

  test("that is new in the program has nothing in a batch of an earlier life", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input);
    adoptInputs(inputs, 1000, { somebody: 7 });
    expect(await nodes[0]?.allocateAt(1000)).toBeUndefined();
    expect(await recordsOf(nodes[0], 1000)).toEqual([]);
    expect(await recordsOf(nodes[0], 2000)).toEqual([1]);
  });

  test("has nothing at a time of an earlier life that had no batch, whoever asks", async () => {
    const input = new CountingInput();
    const { inputs, nodes } = await started(input, new PlainInput());
    const uid = nodes[0]?.uid ?? "";
    adoptInputs(inputs, 2000, { [uid]: 7 });
    adoptInputs(inputs, 5000, { [uid]: 8 });
    for (const node of nodes) expect(await recordsOf(node, 4000)).toEqual([]);
    expect(await recordsOf(nodes[0], 2000)).toEqual([7]);
    expect(await recordsOf(nodes[0], 6000)).toEqual([9]);
  });

  test("forgets its choices with the batches", async () => {
    const input = new CountingInput();
    const { graph, inputs, nodes } = await started(input);
    await allocateInputs(inputs, 1000);
    await recordsOf(nodes[0], 2000);
    await graph.forget(5000);
    await expect(recordsOf(nodes[0], 1000)).rejects.toEqual(code("slice_invalid"));
    await nodes[0]?.allocateAt(1000);
    expect(input.calls.filter((call) => call === "allocate 1000")).toHaveLength(2);
  });

  test("goes on from its snapshot, which it has before it starts", async () => {
    const first = await started(new CountingInput());
    await allocateInputs(first.inputs, 1000);
    const states = snapshotInputs(first.graph.inputs, 1000);
    const input = new CountingInput();
    const graph = new StreamGraph(environment, 1000);
    const node = new InputNode(graph, input, () => {});
    addOutputs([node]);
    graph.start(0);
    restoreInputs(graph.inputs, states);
    await node.start();
    expect(await recordsOf(node, 2000)).toEqual([2]);
    expect(input.calls.slice(0, 2)).toEqual(["restore 1", "start"]);
  });
});

describe("an input that does not choose", () => {
  test("is in no allocation, and has no snapshot", async () => {
    const { graph, inputs } = await started(new PlainInput());
    expect(await allocateInputs(inputs, 1000)).toEqual({});
    expect(snapshotInputs(graph.inputs, 1000)).toEqual({});
  });

  test("has no records in a batch of an earlier life, unless it gives the same again by itself", async () => {
    class SameAgain extends PlainInput {
      override readonly replay = "source";
    }
    const { inputs, nodes } = await started(new PlainInput(), new SameAgain());
    adoptInputs(inputs, 1000, {});
    expect(await recordsOf(nodes[0], 1000)).toEqual([]);
    expect(await recordsOf(nodes[1], 1000)).toEqual([1000]);
    expect(await recordsOf(nodes[0], 2000)).toEqual([2000]);
  });
});

describe("inputs that cannot resume", () => {
  const constant = () =>
    new ConstantInputStream<number>(new RDD(new ArrayNode(environment, "test", [])));

  test("are those that neither choose nor give the same again", async () => {
    const { graph, nodes } = await started(
      new CountingInput(),
      new QueueInputStream<number>([]),
      constant(),
      new PlainInput(),
    );
    expect(inputsThatCannotResume(graph.inputs)).toEqual([nodes[1], nodes[3]]);
    expect(nodes.map(({ replay }) => replay)).toEqual(["pinned", "none", "source", "none"]);
  });

  test("are refused with their names, but those that are allowed by uid or name", async () => {
    const { graph, nodes } = await started(new QueueInputStream<number>([]), new PlainInput());
    const [queue, plain] = nodes;
    expect(() => assertResumable(graph.inputs)).toThrow(
      expect.objectContaining({
        code: "input_not_resumable",
        details: { inputs: expect.stringContaining(plain?.uid ?? "?") },
      }),
    );
    const allowed = (...names: (string | undefined)[]) =>
      new Set(names.filter((name) => name !== undefined));
    expect(() => assertResumable(graph.inputs, allowed(queue?.uid))).toThrow(
      code("input_not_resumable"),
    );
    expect(() => assertResumable(graph.inputs, allowed(queue?.uid, plain?.name))).not.toThrow();
  });
});

describe("inputs that are declared alike", () => {
  test("have names of their own in journals and checkpoints", async () => {
    const twins = [new CountingInput(), new CountingInput(), new CountingInput()];
    const { inputs, nodes } = await started(...twins);
    expect(new Set(nodes.map(({ uid }) => uid)).size).toBe(3);
    expect(Object.keys(await allocateInputs(inputs, 1000))).toHaveLength(3);
  });
});
