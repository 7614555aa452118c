/** Faults that are no crash: a disk that takes its time, a record that no attempt gets past. */
import { expect, test } from "vitest";
import { StreamError } from "../../src/index.ts";
import { failing, record, recover } from "./explorer/recording.ts";
import type { Workload, WorkloadProgram } from "./explorer/workload.ts";
import { updateState } from "./explorer/workloads/update-state.ts";
import { wordCount } from "./explorer/workloads/word-count.ts";

test.each([wordCount, updateState])(
  "row 19: $name over syncs that take seconds acknowledges nothing before they are made, and is right",
  async (workload) => {
    const [slow] = await record(workload, { syncTurns: 60 });
    const [quick] = await record(workload, { syncTurns: 0 });
    const acknowledgedMs = (recording: typeof slow) => {
      const sight = recording?.life.sights.find(({ kind }) => kind === "acknowledged");
      return recording?.life.timesMs[(sight?.call ?? 0) - 1] ?? Number.NaN;
    };
    expect(acknowledgedMs(slow)).toBeGreaterThan(acknowledgedMs(quick) + 1000);
  },
);

test("row 32: a poison record stops the application after its attempts, and a mended program goes on with each record once", async () => {
  let attempts = 0;
  const program =
    (version: number): WorkloadProgram =>
    (streams, note, context) => {
      const words = streams.get("words")?.map((word) => {
        if (version === 2 || word !== "that") return word;
        attempts += 1;
        throw new Error("it is poison");
      });
      if (words !== undefined) updateState.program(1)(new Map([["words", words]]), note, context);
    };
  const lives = updateState.lives.map((life) => ({ ...life, version: 2 }));
  const workload: Workload = { ...updateState, program, lives };
  const [healthy] = await record(workload);
  if (healthy === undefined) throw new Error("there is no life");
  const script = { ...healthy.script, version: 1 };
  const { failure, recording } = await failing({ ...healthy, script }, () => undefined);
  expect(failure).toBeInstanceOf(StreamError);
  expect(failure).toMatchObject({ code: "batch_failed" });
  expect(String(failure)).toContain("it is poison");
  // Three of the output, and three of the state, which is brought forward behind it.
  expect(attempts).toBe(6);
  const { calls, disk } = recording.life.files;
  const mended = await recover(recording, calls.length, disk);
  expect(mended).toMatchObject({ failure: undefined, problems: [] });
});
