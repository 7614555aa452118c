import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyMap } from "../../../src/codec/index.ts";
import { type Replaced, UndoRecords } from "../../../src/state/undo-records.ts";

type Key = number;
type Steps = readonly Replaced<Key, string>[];

const recordOf = (version: number, keys: readonly Key[]) => {
  const replaced: Replaced<Key, string> = new KeyMap();
  for (const key of keys) replaced.set(key, `${key} before ${version}`);
  return { version, replaced, sizeBefore: version };
};

const found = (steps: Steps, key: Key): unknown =>
  steps.map((replaced) => replaced.get(key)).find((before) => before !== undefined);

describe("undo records", () => {
  test("say of each key what the oldest record after a version says, whatever was read and forgotten before", () => {
    const operation = fc.oneof(
      { weight: 6, arbitrary: fc.record({ keys: fc.array(fc.nat({ max: 7 }), { maxLength: 4 }) }) },
      { weight: 3, arbitrary: fc.record({ readBack: fc.nat({ max: 90 }) }) },
      { weight: 1, arbitrary: fc.record({ forgetBack: fc.nat({ max: 90 }) }) },
    );
    const property = fc.property(
      fc.array(operation, { maxLength: 200, size: "max" }),
      (operations) => {
        const records = new UndoRecords<Key, string>();
        let naive: ReturnType<typeof recordOf>[] = [];
        let newest = 0;
        let oldest = 0;
        for (const each of operations) {
          if ("keys" in each) {
            newest += 1;
            const record = recordOf(newest, each.keys);
            records.add(record);
            naive.push(record);
          } else if ("forgetBack" in each) {
            oldest = Math.max(oldest, newest - each.forgetBack);
            records.forget(oldest);
            naive = naive.filter(({ version }) => version > oldest);
          } else {
            const version = Math.max(oldest, newest - each.readBack);
            const after = naive.filter((record) => record.version > version);
            expect(records.oldestAfter(version)).toBe(after[0]);
            const steps = records.backTo(version);
            const expected = after.map(({ replaced }) => replaced);
            for (let key = 0; key <= 7; key += 1) {
              expect(found(steps, key)).toBe(found(expected, key));
            }
          }
        }
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  test("are a few to look through, however many versions came since", () => {
    const records = new UndoRecords<Key, string>();
    for (let version = 1; version <= 4000; version += 1) records.add(recordOf(version, [version]));
    for (let version = 0; version <= 4000; version += 1) {
      // Up to three of each of six levels, on the way up and on the way down.
      expect(records.backTo(version).length).toBeLessThanOrEqual(36);
    }
  });

  test("are joined once, whoever reads the version again", () => {
    const records = new UndoRecords<Key, string>();
    for (let version = 1; version <= 64; version += 1) records.add(recordOf(version, [version]));
    const [joined] = records.backTo(0);
    expect(joined?.size).toBe(64);
    records.add(recordOf(65, [65]));
    expect(records.backTo(0)[0]).toBe(joined);
  });
});
