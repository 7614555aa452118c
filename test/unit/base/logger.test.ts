import { expect, test } from "vitest";
import { type Logger, tameLogger } from "../../../src/base/index.ts";

test("nothing that a logger throws or rejects with comes out of a tame one", async () => {
  const said: string[] = [];
  const wild: Logger = {
    info: (message) => {
      said.push(message);
      throw new Error("the disk is full");
    },
    warn: (message) => {
      said.push(message);
      return Promise.reject(new Error("the network is away")) as unknown as undefined;
    },
    error: (message, error) => {
      said.push(`${message} ${String(error)}`);
      throw new Error("the disk is full");
    },
  };
  const tame = tameLogger(wild);
  tame.info("one");
  tame.warn("two");
  tame.error("three", 3);
  await new Promise((resolve) => setImmediate(resolve));
  expect(said).toEqual(["one", "two", "three 3"]);
});
