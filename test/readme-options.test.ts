/** Owns: that docs/options.md names every option that the types have, and no other, and answers for every property of Spark Streaming. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { StateSpec } from "../src/index.ts";
import { interfacesOfSources } from "./readme/interfaces.ts";
import { codesIn, rowsOf, sectionsOf } from "./readme/markdown.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs", "options.md"), "utf8");
const documented = new Map(
  sectionsOf(page).map(({ heading, text }) => [
    heading,
    rowsOf(text, "option").map(([name = ""]) => codesIn(name)[0] ?? name),
  ]),
);

const interfaces = interfacesOfSources(join(root, "src"));

describe("docs/options.md", () => {
  test.each([
    "StreamingContextOptions",
    "ApplicationOptions",
    "BodyOptions",
    "CheckpointDirectoryOptions",
    "OpenStoreOptions",
    "TransformOptions",
    "DataContextOptions",
    "BackpressureOptions",
    "SocketOptions",
    "LineOptions",
    "RawSocketOptions",
    "SourceOptions",
    "ResumableOptions",
    "ResumableSource",
    "DirectoryOptions",
    "FileStreamOptions",
    "QueueStreamOptions",
    "StoreOptions",
    "RestartOptions",
    "StateSettings",
    "WindowOptions",
    "S3ClientOptions",
    "S3StoreOptions",
  ])("has each option of %s, and no other", (name) => {
    expect(documented.get(name)?.toSorted()).toEqual(interfaces.get(name)?.toSorted());
  });

  test("has each method of a StateSpec, and no other", () => {
    const methods = Object.getOwnPropertyNames(StateSpec.prototype).filter(
      (name) => name !== "constructor",
    );
    expect(documented.get("StateSpec")?.toSorted()).toEqual(methods.toSorted());
  });

  test("answers for every property of Spark Streaming", () => {
    const properties = rowsOf(page, "property").map(([name = ""]) => codesIn(name)[0] ?? name);
    expect(properties.toSorted()).toEqual(sparkProperties.toSorted());
  });

  test("answers with an option that there is, or says why not", () => {
    const options = new Set([...documented.values()].flat());
    for (const [property, , here = "", why = ""] of rowsOf(page, "property")) {
      const [option] = codesIn(here);
      if (option === undefined) expect([property, here]).toEqual([property, "not there"]);
      else expect(options).toContain(option);
      expect(why).not.toBe("");
    }
  });
});

/** The properties that the programming guide and the configuration page of Spark 3.5 name, and those of its sources. */
const sparkProperties = [
  "spark.default.parallelism",
  ...[
    "backpressure.enabled",
    "backpressure.initialRate",
    "backpressure.pid.derived",
    "backpressure.pid.integral",
    "backpressure.pid.minRate",
    "backpressure.pid.proportional",
    "backpressure.rateEstimator",
    "blockInterval",
    "blockQueueSize",
    "checkpoint.directory",
    "clock",
    "concurrentJobs",
    "driver.writeAheadLog.allowBatching",
    "driver.writeAheadLog.batchingTimeout",
    "driver.writeAheadLog.class",
    "driver.writeAheadLog.closeFileAfterWrite",
    "driver.writeAheadLog.maxFailures",
    "driver.writeAheadLog.rollingIntervalSecs",
    "dynamicAllocation.enabled",
    "dynamicAllocation.maxExecutors",
    "dynamicAllocation.minExecutors",
    "dynamicAllocation.scalingDownRatio",
    "dynamicAllocation.scalingInterval",
    "dynamicAllocation.scalingUpRatio",
    "fileStream.minRememberDuration",
    "gracefulStopTimeout",
    "internal.batchTime",
    "internal.outputOpId",
    "kafka.allowNonConsecutiveOffsets",
    "kafka.consumer.cache.enabled",
    "kafka.consumer.cache.initialCapacity",
    "kafka.consumer.cache.loadFactor",
    "kafka.consumer.cache.maxCapacity",
    "kafka.consumer.poll.ms",
    "kafka.maxRatePerPartition",
    "kafka.minRatePerPartition",
    "kinesis.retry.maxAttempts",
    "kinesis.retry.waitTime",
    "manualClock.jump",
    "minRememberDuration",
    "receiver.blockStoreTimeout",
    "receiver.maxRate",
    "receiver.writeAheadLog.class",
    "receiver.writeAheadLog.closeFileAfterWrite",
    "receiver.writeAheadLog.enable",
    "receiver.writeAheadLog.maxFailures",
    "receiver.writeAheadLog.rollingIntervalSecs",
    "receiverRestartDelay",
    "sessionByKey.deltaChainThreshold",
    "stopGracefullyOnShutdown",
    "stopSparkContextByDefault",
    "ui.retainedBatches",
    "unpersist",
  ].map((name) => `spark.streaming.${name}`),
];
