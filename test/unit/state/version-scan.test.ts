import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KeyMap } from "../../../src/codec/index.ts";
import { VersionScan } from "../../../src/state/version-scan.ts";
import { VersionedMap } from "../../../src/state/versioned-map.ts";

const nobody = { changed: () => {} };

function apply(
  map: VersionedMap<unknown, number>,
  version: number,
  keys: readonly unknown[],
): void {
  const changes = new KeyMap<unknown, number>();
  for (const key of keys) changes.set(key, version);
  map.apply(version, changes, nobody);
}

/** Keys that no other version has, primitive and composite ones. */
const keysOf = (version: number, count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, n) => (n % 2 === 0 ? `${version} ${n}` : [version, n]));

describe("a pass over a version", () => {
  test("ends, though more keys are added between its slices than a slice has", () => {
    const map = new VersionedMap<unknown, number>();
    apply(map, 1, keysOf(1, 1000));
    const scan = new VersionScan(map, 1);
    const seen: unknown[] = [];
    let slices = 0;
    for (let more = true; more && slices < 1000; slices += 1) {
      more = scan.next(10, (key) => seen.push(key));
      apply(map, slices + 2, keysOf(slices + 2, 100));
    }
    expect(slices).toBeLessThan(102);
    expect(new Set(seen.map(String)).size).toBe(1000);
    expect(seen).toHaveLength(1000);
  });

  test("meets each key of its version once, whatever comes, changes or is forgotten meanwhile", () => {
    const step = fc.record({
      changed: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
      slice: fc.integer({ min: 1, max: 9 }),
    });
    const keyOf = (n: number) => (n % 3 === 0 ? [n] : n);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 25 }), fc.array(step), (count, steps) => {
        const map = new VersionedMap<unknown, number>();
        apply(
          map,
          1,
          Array.from({ length: count }, (_, n) => keyOf(n)),
        );
        map.forget(1);
        const scan = new VersionScan(map, 1);
        const seen: string[] = [];
        let version = 1;
        let more = true;
        const next = (slice: number) => {
          more = scan.next(slice, (key, value) => seen.push(`${String(key)} ${value}`));
        };
        for (const { changed, slice } of steps) {
          if (more) next(slice);
          version += 1;
          apply(map, version, changed.map(keyOf));
        }
        while (more) next(3);
        const expected = Array.from({ length: count }, (_, n) => `${String(keyOf(n))} 1`);
        expect(seen.sort()).toEqual(expected.sort());
      }),
    );
  });
});
