import { describe, expect, test } from "vitest";
import { Program } from "./program.ts";

describe("05-sessions", () => {
  test("tells of each visit in the batch in which it times out, and of who is there after each batch", async () => {
    await using program = new Program("05-sessions.ts");
    const { code, output, errors } = await program.ended;
    const expected = [
      "here now: ada",
      "here now: ada, bob",
      "here now: ada, bob",
      "here now: ada, bob",
      "here now: ada, bob",
      "bob left after 0 ms: /docs",
      "here now: ada, cyd",
      "here now: ada, cyd",
      "here now: ada, cyd",
      "ada left after 400 ms: / > /docs > /docs/windows > /docs/joins",
      "here now: bob, cyd",
      "cyd left after 0 ms: /",
      "here now: ada, bob",
      "here now: ada, bob",
      "here now: ada, bob",
      "bob left after 0 ms: /",
      "here now: ada",
      "ada left after 0 ms: /",
      "here now: nobody",
    ];
    // On a busy machine another batch may follow before the program stops.
    expect(output.split("\n").slice(0, expected.length)).toEqual(expected);
    expect(errors).toBe("");
    expect(code).toBe(0);
  });
});
