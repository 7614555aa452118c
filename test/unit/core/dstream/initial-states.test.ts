import { expect, test } from "vitest";
import { type DStream, StateSpec, type StreamingContext } from "../../../../src/index.ts";
import { caught, DrivenContext } from "../../context/driven-context.ts";

type Pairs = DStream<[string, number]>;

const given = (ssc: StreamingContext) =>
  ssc.data.parallelize<[string, number]>([
    ["a", 1],
    ["b", undefined as never],
  ]);

test.each<[string, (pairs: Pairs, ssc: StreamingContext) => DStream<unknown>]>([
  [
    "updateStateByKey",
    (pairs, ssc) =>
      pairs.updateStateByKey((_values, state: number | undefined) => state, {
        initialState: given(ssc),
      }),
  ],
  [
    "mapWithState",
    (pairs, ssc) =>
      pairs.mapWithState(
        StateSpec.function((_key: string, n: number | undefined) => n ?? 0).initialState(
          given(ssc),
        ),
      ),
  ],
])("an initial state of %s that is undefined is told as what it is", async (kind, build) => {
  await using driven = new DrivenContext({ attempts: 1, onFailure: "stop" });
  driven.collect(build(driven.input<[string, number]>([[]]), driven.ssc));
  await driven.ssc.start();
  const ended = caught(driven.ssc.awaitTermination());
  await driven.batches(1);
  expect(await ended).toMatchObject({
    cause: { code: "initial_state_undefined", kind: "user", details: { key: "b", kind } },
  });
});
