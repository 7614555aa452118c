/** What comes in place of a dataset of this context: something else, or a dataset of another context. */
import { describe, expect, test } from "vitest";
import { DataContext, type DStream, InputDStream, type RDD } from "../../../src/index.ts";
import { caught, DrivenContext } from "./driven-context.ts";

class GivenInput extends InputDStream<number> {
  readonly kind = "given";
  readonly #given: unknown;

  constructor(given: unknown) {
    super();
    this.#given = given;
  }

  compute(): RDD<number> {
    return this.#given as RDD<number>;
  }
}

/** The cause of the failure of the first batch. */
async function failureOf(build: (driven: DrivenContext) => DStream<unknown>): Promise<unknown> {
  await using driven = new DrivenContext({ attempts: 1, onFailure: "stop" });
  driven.collect(build(driven));
  await driven.ssc.start();
  const ended = caught(driven.ssc.awaitTermination());
  await driven.batches(1);
  return ((await ended) as Error).cause;
}

test.each([[[1, 2]], [null], ["text"], [{ node: {} }]])(
  "an input that makes %j in place of a dataset fails its batch",
  async (given) => {
    expect(await failureOf(({ ssc }) => ssc.inputStream(new GivenInput(given)))).toMatchObject({
      code: "dataset_expected",
      details: { kind: "given", batchTimeMs: 1000 },
    });
  },
);

describe("a dataset of another data context", () => {
  const foreign = () => new DataContext().parallelize([1]);
  const refused = expect.objectContaining({ code: "data_contexts_differ" });

  test.each<[string, (driven: DrivenContext) => DStream<unknown>]>([
    ["an input", ({ ssc }) => ssc.inputStream(new GivenInput(foreign()))],
    ["a queue", ({ ssc }) => ssc.queueStream([foreign()])],
    ["a queue with more", ({ ssc }) => ssc.queueStream([foreign(), [1]], { oneAtATime: false })],
    ["a transform", (driven) => driven.input([[1]]).transform(() => foreign())],
    [
      "an operation within one",
      (driven) => driven.input([[1]]).transform((d) => d.union(foreign())),
    ],
  ])("fails the batch of %s", async (_name, build) => {
    expect(await failureOf(build)).toMatchObject({ code: "data_contexts_differ" });
  });

  test("is refused by operations on datasets, constant streams and initial states at the call", () => {
    const { ssc } = new DrivenContext();
    const pairs = foreign().keyBy((n) => n);
    const own = ssc.data.parallelize([1]);
    const stream = ssc.constantStream(own).map((n) => [n, n]);
    for (const call of [
      () => own.union(foreign()),
      () => own.zip(foreign()),
      () => own.cartesian(foreign()),
      () => own.subtract(foreign()),
      () => own.keyBy((n) => n).join(pairs),
      () => ssc.data.union([foreign()]),
      () => ssc.constantStream(foreign()),
      () => stream.updateStateByKey(() => 1, { initialState: pairs }),
    ]) {
      expect(call).toThrow(refused);
    }
  });
});
