/** Owns: that the streams of an application are typed in its `build` as anywhere, and what its options are. */
import { expectTypeOf, test } from "vitest";
import {
  type Application,
  application,
  type DStream,
  onDriver,
  StreamingContext,
  seconds,
} from "../../src/index.ts";

test("build declares streams on a context that needs no annotation", () => {
  const app = application(
    { batchInterval: seconds(1), checkpointDirectory: "file:./kept" },
    (ssc) => {
      expectTypeOf(ssc).toEqualTypeOf<StreamingContext>();
      const counts = ssc
        .socketTextStream("localhost", 9999)
        .map((word) => [word, 1])
        .reduceByKey((left, right) => left + right);
      expectTypeOf(counts).toEqualTypeOf<DStream<[string, number]>>();
      counts.print();
    },
  );
  expectTypeOf(app).toEqualTypeOf<Application>();
  expectTypeOf(app.run()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(app.open({ batchInterval: seconds(2) })).toEqualTypeOf<Promise<StreamingContext>>();
});

test("build may wait, and may be an expression", () => {
  application({ batchInterval: seconds(1) }, async (ssc) => {
    await Promise.resolve();
    ssc.queueStream([[1]]).print();
  });
  application({ batchInterval: seconds(1) }, (ssc) => ssc.queueStream([[1]]).print());
});

test("options are those of a context and of its directory, and no others", () => {
  const build = () => {};
  application(
    {
      batchInterval: seconds(1),
      executorModule: import.meta.url,
      checkpointOptions: { lock: "none" },
    },
    build,
  );
  // @ts-expect-error an application needs a batch interval
  application({ appName: "nothing" }, build);
  // @ts-expect-error there is no such option
  application({ batchInterval: seconds(1), checkpointDir: "file:./kept" }, build);
});

test("getOrCreate takes a directory alone, with its options, or a function", () => {
  const any = StreamingContext.getOrCreate("file:./kept");
  expectTypeOf(any).toEqualTypeOf<Promise<StreamingContext>>();
  void StreamingContext.getOrCreate("file:./kept", { lock: "none" });
  const create = () => new StreamingContext({ batchInterval: seconds(1) });
  void StreamingContext.getOrCreate("file:./kept", create, { takeOver: true });
  // @ts-expect-error what creates a context gives one
  void StreamingContext.getOrCreate("file:./kept", () => 5);
});

test("onDriver gives what its function does, or nothing", () => {
  expectTypeOf(onDriver(() => 5)).toEqualTypeOf<number | undefined>();
  expectTypeOf(onDriver(async () => "x")).toEqualTypeOf<Promise<string> | undefined>();
});
