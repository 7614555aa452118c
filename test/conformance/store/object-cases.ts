/** Owns: the cases of the store suite about what is created and read. */
import { describe, expect, test } from "vitest";
import {
  ascii,
  code,
  inPieces,
  mixedBytes,
  namesOf,
  type StoreUnderTest,
  textOf,
} from "./store-under-test.ts";

export function objectCases(given: StoreUnderTest): void {
  describe("objects", () => {
    test("an object is read as it was created", async () => {
      expect(await given.store.create("a/b/c-1", ascii("hello"))).toBe("created");
      expect(textOf(await given.store.read("a/b/c-1"))).toBe("hello");
    });

    test("every byte value comes back", async () => {
      const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
      await given.store.create("bytes", bytes);
      expect([...(await given.store.read("bytes"))]).toEqual([...bytes]);
    });

    test("a part of a larger buffer is stored, and not the buffer", async () => {
      await given.store.create("part", ascii("0123456789").subarray(3, 6));
      expect(textOf(await given.store.read("part"))).toBe("345");
    });

    test("an empty object is an object, given at once or as a stream without pieces", async () => {
      expect(await given.store.create("empty", new Uint8Array(0))).toBe("created");
      expect(await given.store.create("streamed", inPieces(new Uint8Array(0), 1))).toBe("created");
      expect(await given.store.has("empty")).toBe(true);
      expect((await given.store.read("empty")).length).toBe(0);
      expect((await given.store.read("streamed")).length).toBe(0);
      expect(await given.store.create("empty", ascii("late"))).toBe("taken");
      expect(await namesOf(given.store, "")).toEqual(["empty", "streamed"]);
    });

    test("a large content is streamed in and comes back whole", async () => {
      const bytes = mixedBytes(given.largeBytes);
      expect(await given.store.create("large", inPieces(bytes, 65_521))).toBe("created");
      expect(Buffer.compare(await given.store.read("large"), bytes)).toBe(0);
    });

    test("a large content that is given at once comes back whole", async () => {
      const bytes = mixedBytes(given.largeBytes, 7);
      expect(await given.store.create("large", bytes)).toBe("created");
      expect(Buffer.compare(await given.store.read("large"), bytes)).toBe(0);
    });

    test("a stream of many small and empty pieces comes back whole", async () => {
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let index = 0; index < 500; index++) {
          yield ascii(`${index},`);
          if (index % 50 === 0) yield new Uint8Array(0);
        }
      }
      await given.store.create("pieces", pieces());
      const expected = Array.from({ length: 500 }, (_, index) => `${index},`).join("");
      expect(textOf(await given.store.read("pieces"))).toBe(expected);
    });

    test("bytes that are changed after they were given or read change nothing in the store", async () => {
      const bytes = ascii("mine");
      await given.store.create("kept", bytes);
      bytes.fill(0);
      const read = await given.store.read("kept");
      expect(textOf(read)).toBe("mine");
      read.fill(0);
      expect(textOf(await given.store.read("kept"))).toBe("mine");
    });

    test("a second store on the same medium sees what the first has created", async () => {
      await given.store.create("shared/a", ascii("1"));
      const second = await given.fixture.another();
      expect(await second.has("shared/a")).toBe(true);
      expect(textOf(await second.read("shared/a"))).toBe("1");
      expect(await namesOf(second, "shared/")).toEqual(["shared/a"]);
      await second.delete("shared/a");
      expect(await given.store.has("shared/a")).toBe(false);
    });

    test("the address says what it is", () => {
      expect(given.store.address).toMatch(/^[a-z0-9+.-]+:/);
    });
  });

  describe("creation", () => {
    test("a name that is taken keeps its bytes, whether a stream or bytes come second", async () => {
      await given.store.create("a", ascii("first"));
      expect(await given.store.create("a", ascii("second"))).toBe("taken");
      expect(await given.store.create("a", inPieces(ascii("third"), 2))).toBe("taken");
      expect(textOf(await given.store.read("a"))).toBe("first");
      expect(await namesOf(given.store, "")).toEqual(["a"]);
    });

    test("the same bytes again find the name taken as well", async () => {
      await given.store.create("a", ascii("same"));
      expect(await given.store.create("a", ascii("same"))).toBe("taken");
    });

    test("of many creations of a name at once one wins, and its bytes are there", async () => {
      const second = await given.fixture.another();
      for (let round = 0; round < 5; round++) {
        const name = `race/${round}`;
        const creations = await Promise.all(
          Array.from({ length: 12 }, (_, index) =>
            (index % 2 === 0 ? given.store : second).create(name, ascii(`racer ${index}`)),
          ),
        );
        expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
        expect(textOf(await given.store.read(name))).toBe(`racer ${creations.indexOf("created")}`);
      }
    });

    test("of streamed creations of a name at once one wins, and its bytes are there", async () => {
      const contents = Array.from({ length: 4 }, (_, index) => mixedBytes(200_000, index + 1));
      const creations = await Promise.all(
        contents.map((content) => given.store.create("race", inPieces(content, 9_999))),
      );
      expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
      const winner = contents[creations.indexOf("created")] ?? new Uint8Array(0);
      expect(Buffer.compare(await given.store.read("race"), winner)).toBe(0);
    });

    test("many creations of different names at once all win", async () => {
      const names = Array.from({ length: 40 }, (_, index) => `many/${index % 4}/${index}`);
      const creations = await Promise.all(
        names.map((name) => given.store.create(name, ascii(name))),
      );
      expect(new Set(creations)).toEqual(new Set(["created"]));
      expect(await namesOf(given.store, "many/")).toEqual([...names].sort());
    });

    test("a content that fails rejects with what it threw, and leaves nothing behind", async () => {
      const failure = Object.assign(new Error("no more"), { code: "ENOSPC" });
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield mixedBytes(given.largeBytes);
        throw failure;
      }
      await expect(given.store.create("failed", failing())).rejects.toBe(failure);
      expect(await given.store.has("failed")).toBe(false);
      await expect(given.store.read("failed")).rejects.toEqual(code("store_missing"));
      expect(await namesOf(given.store, "")).toEqual([]);
      expect(await given.store.create("failed", ascii("again"))).toBe("created");
    });

    test("a content that fails at once leaves nothing behind either", async () => {
      const failure = new Error("none at all");
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield await Promise.reject(failure);
      }
      await expect(given.store.create("failed", failing())).rejects.toBe(failure);
      expect(await namesOf(given.store, "")).toEqual([]);
    });

    test("a name that was deleted may be given again", async () => {
      await given.store.create("a", ascii("old"));
      await given.store.delete("a");
      expect(await given.store.create("a", ascii("new"))).toBe("created");
      expect(textOf(await given.store.read("a"))).toBe("new");
    });
  });
}
