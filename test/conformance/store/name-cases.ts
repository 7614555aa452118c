/** Owns: the cases of the store suite about names, and what is not there. */
import { describe, expect, test } from "vitest";
import {
  ascii,
  code,
  entriesOf,
  namesOf,
  type StoreUnderTest,
  textOf,
} from "./store-under-test.ts";

export function nameCases(given: StoreUnderTest): void {
  describe("names", () => {
    const longest = `${"p".repeat(255)}/${"q".repeat(255)}/${"r".repeat(255)}`;
    test.each(["a", "A-Z.a_z=0", "...", "a/.b/..c", "-", "epoch/0000000001", longest])(
      "%s is a name",
      async (name) => {
        expect(await given.store.create(name, ascii("x"))).toBe("created");
        expect(await given.store.has(name)).toBe(true);
        expect(textOf(await given.store.read(name))).toBe("x");
        expect(await namesOf(given.store, "")).toEqual([name]);
      },
    );

    test.each([
      ["empty", ""],
      ["a leading slash", "/a"],
      ["a trailing slash", "a/"],
      ["an empty part", "a//b"],
      ["a dot", "."],
      ["a part that is a dot", "a/./b"],
      ["the folder above", "../a"],
      ["the folder above within", "a/../../b"],
      ["a space", "a b"],
      ["a tilde", "~a"],
      ["a percent sign", "a%2fb"],
      ["a backslash", "a\\b"],
      ["a colon", "a:b"],
      ["a letter beyond ASCII", "ä"],
      ["a null", "a\0b"],
      ["a line end", "a\n"],
      ["a part of 256 characters", "p".repeat(256)],
      ["more than 900 characters", "abcd/".repeat(200).slice(0, -1)],
    ])("%s is refused wherever a name is taken", async (_, name) => {
      const refused = code("store_name_invalid");
      await expect(given.store.create(name, ascii("x"))).rejects.toEqual(refused);
      await expect(given.store.read(name)).rejects.toEqual(refused);
      await expect(given.store.readRange(name, 0, 1)).rejects.toEqual(refused);
      await expect(given.store.has(name)).rejects.toEqual(refused);
      await expect(given.store.delete(name)).rejects.toEqual(refused);
      if (given.store.openLog !== undefined) {
        await expect(given.store.openLog(name)).rejects.toEqual(refused);
      }
    });

    test.each(["/", "a//", "../", "a/./", "a b", "~"])(
      "the prefix %s is refused",
      async (prefix) => {
        await expect(entriesOf(given.store, prefix)).rejects.toEqual(code("store_name_invalid"));
      },
    );

    given.caseUnless(given.skips.folders, "an object cannot be the folder of others", async () => {
      await given.store.create("a", ascii("x"));
      await expect(given.store.create("a/b", ascii("y"))).rejects.toEqual(
        code("store_name_invalid"),
      );
      await given.store.create("c/d", ascii("x"));
      await expect(given.store.create("c", ascii("y"))).rejects.toEqual(code("store_name_invalid"));
      expect(await namesOf(given.store, "")).toEqual(["a", "c/d"]);
    });

    test("a folder of objects is no object", async () => {
      await given.store.create("a/b", ascii("x"));
      expect(await given.store.has("a")).toBe(false);
      await expect(given.store.read("a")).rejects.toEqual(code("store_missing"));
      await expect(given.store.readRange("a", 0, 1)).rejects.toEqual(code("store_missing"));
      await given.store.delete("a");
      expect(await given.store.has("a/b")).toBe(true);
    });

    test("an object is no folder, for those who only look", async () => {
      await given.store.create("a", ascii("x"));
      expect(await given.store.has("a/b")).toBe(false);
      await expect(given.store.read("a/b")).rejects.toEqual(code("store_missing"));
      await given.store.delete("a/b");
      expect(await namesOf(given.store, "a/")).toEqual([]);
      expect(await given.store.has("a")).toBe(true);
    });

    test("names that differ in case only are two names", async () => {
      await given.store.create("Key", ascii("upper"));
      await given.store.create("key", ascii("lower"));
      expect(textOf(await given.store.read("Key"))).toBe("upper");
      expect(textOf(await given.store.read("key"))).toBe("lower");
    });
  });

  describe("what is not there", () => {
    test("cannot be read, and the error names store and object", async () => {
      const readings = [
        () => given.store.read("a/nothing"),
        () => given.store.readRange("a/nothing", 0, 10),
      ];
      for (const reading of readings) {
        await expect(reading()).rejects.toMatchObject({
          code: "store_missing",
          details: { store: given.store.address, name: "a/nothing" },
        });
      }
    });

    test("is not had", async () => {
      expect(await given.store.has("a/nothing")).toBe(false);
    });

    test("may be deleted, once or twice", async () => {
      await given.store.delete("nothing");
      await given.store.delete("a/b/nothing");
      await given.store.create("a", ascii("x"));
      await given.store.delete("a");
      await given.store.delete("a");
      expect(await given.store.has("a")).toBe(false);
      expect(await namesOf(given.store, "")).toEqual([]);
    });

    test("is not listed", async () => {
      expect(await namesOf(given.store, "")).toEqual([]);
      expect(await namesOf(given.store, "a/b/")).toEqual([]);
    });
  });
}
