/** Owns: the cases of the store suite about ranges and listings. */
import { beforeEach, describe, expect, test } from "vitest";
import {
  ascii,
  code,
  entriesOf,
  mixedBytes,
  namesOf,
  type StoreUnderTest,
  textOf,
} from "./store-under-test.ts";

export function listingCases(given: StoreUnderTest): void {
  describe("ranges", () => {
    given.caseUnless(
      given.skips.storedAsGiven,
      "a range is what was given between two offsets",
      async () => {
        await given.store.create("digits", ascii("0123456789"));
        const range = async (offset: number, byteCount: number) =>
          textOf(await given.store.readRange("digits", offset, byteCount));
        expect(await range(0, 10)).toBe("0123456789");
        expect(await range(0, 1)).toBe("0");
        expect(await range(3, 4)).toBe("3456");
        expect(await range(9, 1)).toBe("9");
      },
    );

    given.caseUnless(
      given.skips.storedAsGiven,
      "an entry has the length that was given",
      async () => {
        await given.store.create("digits", ascii("0123456789"));
        expect(await entriesOf(given.store, "")).toEqual([{ name: "digits", byteCount: 10 }]);
      },
    );

    test("the ranges of an object together have the length that its entry says", async () => {
      await given.store.create("object", mixedBytes(70_001));
      const [entry] = await entriesOf(given.store, "object");
      const byteCount = entry?.byteCount ?? 0;
      const whole = await given.store.readRange("object", 0, byteCount);
      expect(whole.length).toBe(byteCount);
      const joined: number[] = [];
      for (let at = 0; at < byteCount; at += 9_973) {
        joined.push(...(await given.store.readRange("object", at, 9_973)));
      }
      expect(Buffer.compare(Buffer.from(joined), whole)).toBe(0);
    });

    test("a range ends where the object ends, however much is asked for", async () => {
      await given.store.create("object", ascii("0123456789"));
      const [entry] = await entriesOf(given.store, "object");
      const end = entry?.byteCount ?? 0;
      expect((await given.store.readRange("object", end - 2, 10)).length).toBe(2);
      expect((await given.store.readRange("object", end - 2, 2 ** 40)).length).toBe(2);
      expect((await given.store.readRange("object", end, 1)).length).toBe(0);
      expect((await given.store.readRange("object", end + 1, 5)).length).toBe(0);
      expect((await given.store.readRange("object", 2 ** 40, 2 ** 40)).length).toBe(0);
    });

    test("a range of no bytes is empty, and of an object that is not there an error", async () => {
      await given.store.create("object", ascii("0123456789"));
      expect((await given.store.readRange("object", 0, 0)).length).toBe(0);
      expect((await given.store.readRange("object", 5, 0)).length).toBe(0);
      await expect(given.store.readRange("nothing", 0, 0)).rejects.toEqual(code("store_missing"));
    });

    test("a range of an empty object is empty", async () => {
      await given.store.create("digits", ascii("0123456789"));
      const [entry] = await entriesOf(given.store, "digits");
      expect(entry?.byteCount).toBeGreaterThan(0);
      await given.store.create("none", new Uint8Array(0));
      const [none] = await entriesOf(given.store, "none");
      expect((await given.store.readRange("none", none?.byteCount ?? 0, 10)).length).toBe(0);
    });
  });

  describe("listing", () => {
    /** In the order of their bytes: "-" and "." sort before "/", "=" and letters behind it. */
    const ordered = ["a-b", "a.b", "a/b", "a/b-", "a/c/d", "a=b", "aB", "ab", "b"];

    beforeEach(async () => {
      const shuffled = [4, 1, 8, 0, 6, 2, 7, 5, 3].map((index) => ordered[index] ?? "");
      for (const name of shuffled) await given.store.create(name, ascii(name));
    });

    test("names come in the order of their bytes, from all folders", async () => {
      expect(await namesOf(given.store, "")).toEqual(ordered);
    });

    test.each([
      ["a", ["a-b", "a.b", "a/b", "a/b-", "a/c/d", "a=b", "aB", "ab"]],
      ["a/", ["a/b", "a/b-", "a/c/d"]],
      ["a/b", ["a/b", "a/b-"]],
      ["a/c", ["a/c/d"]],
      ["a/c/", ["a/c/d"]],
      ["a/c/d", ["a/c/d"]],
      ["a/c/d/", []],
      ["ab", ["ab"]],
      ["c", []],
      ["A", []],
    ])("the prefix %s lists what begins with it", async (prefix, expected) => {
      expect(await namesOf(given.store, prefix)).toEqual(expected);
    });

    test.each([
      ["", "", ordered],
      ["", "a", ordered],
      ["", "a-b", ordered.slice(1)],
      ["", "a/", ordered.slice(2)],
      ["", "a/b", ordered.slice(3)],
      ["", "a/b-", ordered.slice(4)],
      ["", "a/c", ordered.slice(4)],
      ["", "a/c/d", ordered.slice(5)],
      ["", "a0", ordered.slice(5)],
      ["", "b", []],
      ["a/", "a/b", ["a/b-", "a/c/d"]],
      ["a/", "a-b", ["a/b", "a/b-", "a/c/d"]],
      ["a/", "b", []],
    ])("prefix '%s' after '%s' begins behind it", async (prefix, after, expected) => {
      expect(await namesOf(given.store, prefix, after)).toEqual(expected);
    });

    test("a listing may be broken off, and begun again behind the last name", async () => {
      const names: string[] = [];
      for (let after = ""; ; ) {
        const before = names.length;
        for await (const { name } of given.store.list("", { after })) {
          names.push(name);
          if (names.length - before === 2) break;
        }
        after = names.at(-1) ?? "";
        if (names.length === before) break;
      }
      expect(names).toEqual(ordered);
    });

    test("what is listed may be deleted while the listing goes on", async () => {
      const seen: string[] = [];
      for await (const { name } of given.store.list("")) {
        seen.push(name);
        await given.store.delete(name);
      }
      expect(seen).toEqual(ordered);
      expect(await namesOf(given.store, "")).toEqual([]);
    });
  });

  test("more names than a page holds are all listed, in order, and from any of them on", async () => {
    const names = Array.from(
      { length: given.nameCount },
      (_, index) => `many/${String(index * 7919).padStart(9, "0")}`,
    );
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(
        names.slice(at, at + 50).map((name) => given.store.create(name, ascii("x"))),
      );
    }
    names.sort();
    expect(await namesOf(given.store, "many/")).toEqual(names);
    const middle = names[Math.floor(given.nameCount / 3)];
    expect(await namesOf(given.store, "many/", middle)).toEqual(
      names.slice(Math.floor(given.nameCount / 3) + 1),
    );
  }, 120_000);
}
