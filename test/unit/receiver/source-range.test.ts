import { describe, expect, test } from "vitest";
import { checkSourceRange, decidePosition } from "../../../src/receiver/source-range.ts";

const range = (from: number, until: number) => ({ partition: "p", from, until });

describe("decidePosition", () => {
  test.each([
    ["a partition begins wherever its first block begins", undefined, range(7, 9), 0],
    ["the expected position is stored whole", 7, range(7, 9), 0],
    ["what overlaps is trimmed", 7, range(5, 9), 2],
    ["what overlaps to its last record is trimmed", 7, range(5, 8), 2],
  ])("%s", (_, expected, given, skip) => {
    expect(decidePosition(expected, given)).toEqual({ kind: "store", skip });
  });

  test.each([
    ["below", range(3, 5)],
    ["up to", range(3, 7)],
    ["empty at", range(7, 7)],
  ])("what ends %s the expected position is covered", (_, given) => {
    expect(decidePosition(7, given)).toEqual({ kind: "covered" });
  });

  test("what begins behind the expected position is a gap, also when it is empty", () => {
    expect(decidePosition(7, range(8, 9))).toEqual({ kind: "gap", expected: 7 });
    expect(decidePosition(7, range(8, 8))).toEqual({ kind: "gap", expected: 7 });
  });
});

describe("checkSourceRange", () => {
  test.each([
    [range(0, 2), 3],
    [range(2, 0), undefined],
    [range(0.5, 1.5), 1],
    [range(0, Number.NaN), undefined],
    [{ partition: 1 as unknown as string, from: 0, until: 1 }, 1],
  ])("%j with %s records is refused", (given, recordCount) => {
    const refused = expect.objectContaining({ code: "position_invalid" });
    expect(() => checkSourceRange(given, recordCount)).toThrow(refused);
  });
});
