/** Owns: taking the error of an action that has to fail. */
import { expect } from "vitest";
import { StreamError } from "../../../../src/base/index.ts";

/** What it rejects with. */
export async function errorOf(action: Promise<unknown>): Promise<StreamError> {
  try {
    await action;
  } catch (error) {
    expect(error).toBeInstanceOf(StreamError);
    return error as StreamError;
  }
  return expect.fail("it did not fail");
}
