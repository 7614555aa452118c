import { describe, expect, test } from "vitest";
import { Receiver } from "../../../src/index.ts";
import { DrivenContext } from "./driven-context.ts";

class Quiet extends Receiver<string> {
  override onStart(): void {}
  override onStop(): void {}
}

describe("what a context logs of its receivers", () => {
  test("is every error and every restart, and not that they end with the context", async () => {
    await using driven = new DrivenContext();
    const { clock, log, ssc } = driven;
    const receiver = new Quiet();
    driven.collect(ssc.receiverStream(receiver));
    await ssc.start();
    receiver.reportError("a line was not UTF-8");
    receiver.restart("the connection was closed");
    await clock.advance(3000);
    expect(receiver.isStarted).toBe(true);
    await ssc.stop();
    expect(log).toEqual([
      "warn Quiet-0: a line was not UTF-8",
      "warn Quiet-0: the connection was closed",
    ]);
  });
});
