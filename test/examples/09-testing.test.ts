import { describe, expect, test } from "vitest";
import { Program } from "./program.ts";

describe("09-testing", () => {
  test("has three tests, which pass", async () => {
    await using program = new Program("09-testing.ts");
    const { code, output } = await program.ended;
    expect(output).toMatch(/pass 3\n.*fail 0/);
    expect(code).toBe(0);
  });
});
