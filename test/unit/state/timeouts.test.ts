import { describe, expect, test } from "vitest";
import { type TimedEntry, Timeouts } from "../../../src/state/timeouts.ts";
import { absent } from "../../../src/state/versioned-map.ts";

type Entry = TimedEntry<number, string>;

/** Uses each key at `now`, new or known. */
function use(timeouts: Timeouts<number, string>, entries: Map<number, Entry>, now: number) {
  return (key: number) => {
    const entry = timeouts.entryOf("value", now);
    timeouts.changed(key, entries.get(key) ?? absent, entry);
    entries.set(key, entry);
  };
}

/** How many timers a pass looks at, and which keys it gives. */
function pass(timeouts: Timeouts<number, string>, now: number) {
  let looks = 0;
  const keys: number[] = [];
  for (const timer of timeouts.due(now)) {
    if (timer === undefined) looks += 1;
    else keys.push(timer.key);
  }
  return { looks, keys };
}

describe("the work of time-outs", () => {
  const keys = Array.from({ length: 1_000 }, (_, key) => key);

  test("is none in a batch at which nothing falls due, however many keys there are", () => {
    const timeouts = new Timeouts<number, string>(100);
    const entries = new Map<number, Entry>();
    keys.forEach(use(timeouts, entries, 0));
    for (let now = 1; now <= 100; now += 1) {
      keys.slice(0, 10).forEach(use(timeouts, entries, now));
      expect(pass(timeouts, now)).toEqual({ looks: 0, keys: [] });
    }
  });

  test("is one look per key and time-out for keys that are used in every batch", () => {
    const timeouts = new Timeouts<number, string>(10);
    const entries = new Map<number, Entry>();
    let looks = 0;
    for (let now = 0; now < 110; now += 1) {
      looks += pass(timeouts, now).looks;
      keys.forEach(use(timeouts, entries, now));
    }
    expect(looks).toBeLessThanOrEqual(10 * keys.length);
  });

  test("is one look per key that is due, and none for it once it is deleted", () => {
    const timeouts = new Timeouts<number, string>(10);
    const entries = new Map<number, Entry>();
    keys.slice(0, 5).forEach(use(timeouts, entries, 0));
    keys.slice(5).forEach(use(timeouts, entries, 5));
    expect(pass(timeouts, 11)).toEqual({ looks: 5, keys: [0, 1, 2, 3, 4] });
    for (const key of [0, 1, 2, 3, 4]) timeouts.changed(key, entries.get(key)!, absent);
    expect(pass(timeouts, 12)).toEqual({ looks: 0, keys: [] });
  });
});
