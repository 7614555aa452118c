/** Owns: the cases of the store suite about logs, and closing. */
import { describe, expect, test } from "vitest";
import type { AppendLog } from "../../../src/store/index.ts";
import { ascii, code, entriesOf, type StoreUnderTest, textOf } from "./store-under-test.ts";

export function logCases(given: StoreUnderTest): void {
  describe("logs", () => {
    const openLog = async (name: string, store = given.store): Promise<AppendLog> => {
      if (store.openLog === undefined) throw new Error("this store offers no logs");
      return store.openLog(name);
    };

    test("are offered, or it is known why not", () => {
      expect(given.store.openLog === undefined).toBe(given.skips.logs !== undefined);
    });

    given.caseUnless(
      given.skips.logs,
      "a log holds what was appended, in the order of the calls",
      async () => {
        const log = await openLog("logs/1");
        await Promise.all(
          Array.from({ length: 200 }, (_, index) => log.append(ascii(`${index},`))),
        );
        await log.sync();
        const expected = Array.from({ length: 200 }, (_, index) => `${index},`).join("");
        expect(log.byteCount).toBe(expected.length);
        await log.close();
        const second = await given.fixture.another();
        expect(textOf(await second.readRange("logs/1", 0, 2 ** 30))).toBe(expected);
        expect(await entriesOf(second, "logs/")).toEqual([
          { name: "logs/1", byteCount: expected.length },
        ]);
      },
    );

    given.caseUnless(given.skips.logs, "a log is read while it is being written", async () => {
      const log = await openLog("log");
      await log.append(ascii("one"));
      await log.sync();
      expect(textOf(await given.store.readRange("log", 0, 100))).toBe("one");
      await log.append(ascii("two"));
      await log.sync();
      expect(textOf(await given.store.readRange("log", 0, 100))).toBe("onetwo");
      expect(textOf(await given.store.readRange("log", 3, 2))).toBe("tw");
      await log.close();
    });

    given.caseUnless(given.skips.logs, "appends and syncs may be under way at once", async () => {
      const log = await openLog("log");
      const work: Promise<void>[] = [];
      for (let index = 0; index < 30; index++) {
        work.push(log.append(ascii("x")), log.sync());
      }
      await Promise.all(work);
      expect(log.byteCount).toBe(30);
      await log.close();
    });

    given.caseUnless(given.skips.logs, "an empty log is there", async () => {
      const log = await openLog("empty");
      await log.sync();
      await log.close();
      expect(await given.store.has("empty")).toBe(true);
      expect((await given.store.readRange("empty", 0, 10)).length).toBe(0);
    });

    given.caseUnless(given.skips.logs, "a name is given once, to an object or a log", async () => {
      await given.store.create("object", ascii("x"));
      await expect(openLog("object")).rejects.toMatchObject({
        code: "store_taken",
        details: { store: given.store.address, name: "object" },
      });
      const log = await openLog("log");
      await expect(openLog("log")).rejects.toEqual(code("store_taken"));
      const second = await given.fixture.another();
      await expect(openLog("log", second)).rejects.toEqual(code("store_taken"));
      expect(await given.store.create("log", ascii("y"))).toBe("taken");
      await log.close();
    });

    given.caseUnless(given.skips.logs, "of many openings of a name at once one wins", async () => {
      const second = await given.fixture.another();
      const openings = await Promise.allSettled(
        Array.from({ length: 10 }, (_, index) =>
          openLog("log", index % 2 === 0 ? given.store : second),
        ),
      );
      expect(openings.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    });

    given.caseUnless(
      given.skips.logs,
      "a log that is closed takes nothing, and may be closed again",
      async () => {
        const log = await openLog("log");
        await log.append(ascii("x"));
        await log.close();
        await log.close();
        await expect(log.append(ascii("y"))).rejects.toEqual(code("store_write_failed"));
        await expect(log.sync()).rejects.toEqual(code("store_write_failed"));
        expect(textOf(await given.store.readRange("log", 0, 10))).toBe("x");
      },
    );

    given.caseUnless(given.skips.logs, "a log closes behind what was appended before", async () => {
      const log = await openLog("log");
      const appending = log.append(ascii("x"));
      await log.close();
      await appending;
      expect(textOf(await given.store.readRange("log", 0, 10))).toBe("x");
    });

    given.caseUnless(given.skips.logs, "closing the store lets go of its logs", async () => {
      const log = await openLog("log");
      await log.append(ascii("x"));
      await given.store.close();
      await expect(log.append(ascii("y"))).rejects.toEqual(code("store_write_failed"));
      const second = await given.fixture.another();
      expect(textOf(await second.readRange("log", 0, 10))).toBe("x");
    });
  });

  describe("closing", () => {
    test("twice is once", async () => {
      await given.store.create("a", ascii("x"));
      await given.store.close();
      await given.store.close();
    });

    test("ends every use of the store, and leaves what is in it to the next", async () => {
      await given.store.create("a", ascii("x"));
      await given.store.close();
      const closed = code("store_closed");
      await expect(given.store.create("b", ascii("x"))).rejects.toEqual(closed);
      await expect(given.store.read("a")).rejects.toEqual(closed);
      await expect(given.store.readRange("a", 0, 1)).rejects.toEqual(closed);
      await expect(given.store.has("a")).rejects.toEqual(closed);
      await expect(given.store.delete("a")).rejects.toEqual(closed);
      await expect(entriesOf(given.store, "")).rejects.toEqual(closed);
      if (given.store.openLog !== undefined)
        await expect(given.store.openLog("l")).rejects.toEqual(closed);
      const second = await given.fixture.another();
      expect(textOf(await second.read("a"))).toBe("x");
    });
  });
}
