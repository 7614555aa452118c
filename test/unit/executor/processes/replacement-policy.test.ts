import { describe, expect, test } from "vitest";
import { decideReplacement } from "../../../../src/executor/processes/replacement-policy.ts";

const options = { delayMs: 100, delayMsMax: 1000, deathsMax: 5, healthyAfterMs: 10_000 };

describe("the death of an executor", () => {
  test.each([
    ["for the first time", 0, 10, { kind: "replace", deathsInRow: 1, delayMs: 100 }],
    ["soon after its predecessor", 1, 9999, { kind: "replace", deathsInRow: 2, delayMs: 400 }],
    ["once more", 2, 0, { kind: "replace", deathsInRow: 3, delayMs: 1000 }],
    ["after a healthy life", 4, 10_000, { kind: "replace", deathsInRow: 1, delayMs: 100 }],
    ["as often as it may", 4, 9999, { kind: "fail", deathsInRow: 5 }],
  ] as const)("%s is followed by what is decided", (_label, before, livedMs, expected) => {
    expect(decideReplacement(before, livedMs, options)).toEqual(expected);
  });
});
