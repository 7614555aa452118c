/** A bar is shown to who looks, of what takes longer than a second, and nobody else. */
import { expect, test } from "vitest";
import { systemClock } from "../../../src/base/index.ts";
import { Progress } from "../../../src/cli/progress.ts";

function shown(isTTY: boolean, passedMs: number): string {
  let elapsedMs = 0;
  const texts: string[] = [];
  const stderr = {
    isTTY,
    columns: 80,
    write: (text: string) => {
      texts.push(text);
      return true;
    },
    once: () => {},
    on: () => {},
    removeListener: () => {},
  };
  const clock = { ...systemClock, monotonicNow: () => elapsedMs };
  const progress = new Progress({ clock, stderr }, "verifying");
  progress.update(1, 10);
  elapsedMs = passedMs;
  progress.update(5, 10);
  progress.update(12, 10);
  progress.stop();
  return texts.join("");
}

test("after a second a bar says how far it is", () => {
  expect(shown(true, 1500)).toContain("verifying");
  expect(shown(true, 1500)).toContain("50%");
});

test("what is done within a second shows none", () => {
  expect(shown(true, 900)).toBe("");
});

test("where nobody looks there is none", () => {
  expect(shown(false, 5000)).toBe("");
});
