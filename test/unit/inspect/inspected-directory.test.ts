/** Looking reads no more than it needs, writes nothing, and sees by itself what was compressed and encrypted. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { registerScheme, StreamingContext, seconds } from "../../../src/index.ts";
import {
  InspectedDirectory,
  listCheckpoints,
  reportDirectory,
  reportStates,
} from "../../../src/inspect/index.ts";
import { type OpenStoreOptions, openStore, type Store } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { millrace } from "../cli/command-line.ts";

const fixture = fileURLToPath(new URL("../../fixtures/v1/directory", import.meta.url));
const read: string[] = [];

registerScheme("counted", async () => {
  const inner: Store = await openStore(fixture);
  return new Proxy(inner, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name);
      if (typeof found !== "function") return found;
      return (...args: readonly unknown[]) => {
        if (name === "read" || name === "readRange") read.push(String(args[0]));
        return (found as (...given: unknown[]) => unknown).apply(target, [...args]);
      };
    },
  });
});

async function readBy(
  look: (directory: InspectedDirectory) => Promise<unknown>,
): Promise<Set<string>> {
  const directory = await InspectedDirectory.open("counted:here");
  read.length = 0;
  await look(directory);
  await directory.close();
  return new Set(read.map((name) => name.split("/")[0] ?? ""));
}

describe("a directory that is looked at", () => {
  test("is listed and shown without reading a state or a block, however many keys there are", async () => {
    const folders = new Set(["checkpoints", "journal", "journal-mirror"]);
    expect(await readBy(listCheckpoints)).toEqual(folders);
    expect(await readBy(reportDirectory)).toEqual(new Set([...folders, "epoch"]));
    const sizes = async (directory: InspectedDirectory) =>
      reportStates(directory.store, (await directory.moment()).checkpoint);
    expect(await readBy(sizes)).toEqual(folders);
  });

  test("refuses every write, whoever tries", async () => {
    const { store } = await InspectedDirectory.open(fixture);
    const refused = expect.objectContaining({ code: "directory_read_only" });
    await expect(store.create("checkpoints/x", new Uint8Array())).rejects.toEqual(refused);
    await expect(store.delete("checkpoints/x")).rejects.toEqual(refused);
    await expect(store.openLog?.("journal/x")).rejects.toEqual(refused);
    await store.close();
  });
});

describe("a directory that is compressed and encrypted", () => {
  const key = new Uint8Array(32).fill(7);
  let folder = "";

  const live = async (address: string, store: OpenStoreOptions): Promise<void> => {
    const clock = new ManualClock(1_357_008_280_000);
    const logger = { info: () => {}, warn: () => {}, error: () => {} };
    const create = () => {
      const ssc = new StreamingContext({
        appName: "sealed",
        allowNotResumable: ["words"],
        batchInterval: seconds(1),
        clock,
        logger,
      });
      const counts = ssc
        .queueStream([["secret word"], ["secret word"]], { oneAtATime: true })
        .uid("words")
        .map((word): [string, number] => [word, 1])
        .updateStateByKey((ones, count: number | undefined) => (count ?? 0) + ones.length)
        .uid("counts");
      counts.checkpoint(seconds(1));
      counts.foreachRDD(() => {});
      return ssc;
    };
    const context = await StreamingContext.getOrCreate(address, create, { store });
    await context.start();
    await clock.advance(2000);
    await context.stop();
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-sealed-"));
    const encrypt = { keyId: "2026", keys: { "2026": key } };
    await live(join(folder, "sealed"), { compress: "deflate", encrypt });
    await live(join(folder, "packed"), { compress: "deflate" });
    writeFileSync(
      join(folder, "keys.json"),
      JSON.stringify({ "2026": Buffer.from(key).toString("hex") }),
    );
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const get = (name: string, ...more: readonly string[]) =>
    millrace(["ckpt", "state", "get", join(folder, name), "counts", "secret word", ...more]);

  test("is read without being told that it is compressed", async () => {
    expect(await get("packed")).toMatchObject({ code: 0, out: "2\n" });
    expect((await millrace(["ckpt", "verify", join(folder, "packed")])).code).toBe(0);
  });

  test("is read with its keys, and refused without them, by name", async () => {
    expect(await get("sealed", "--key-file", join(folder, "keys.json"))).toMatchObject({
      code: 0,
      out: "2\n",
    });
    const refused = await get("sealed");
    expect(refused.code).toBe(2);
    expect(refused.err).toContain("[encryption_key_missing]");
    expect(refused.err).toContain("2026");
  });

  test("says what is wrong with a file of keys", async () => {
    writeFileSync(join(folder, "bad.json"), "2026");
    expect((await get("sealed", "--key-file", join(folder, "bad.json"))).err).toContain(
      "[encryption_key_",
    );
    expect((await get("sealed", "--key-file", join(folder, "none.json"))).code).toBe(2);
    const other = Buffer.from(new Uint8Array(32)).toString("base64");
    writeFileSync(join(folder, "other.json"), JSON.stringify({ "2026": other }));
    const wrong = await get("sealed", "--key-file", join(folder, "other.json"));
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("[encryption_key_wrong]");
  });

  test("stays encrypted where a key of a state is changed", async () => {
    const keys = ["--key-file", join(folder, "keys.json")];
    const set = await millrace([
      "ckpt",
      "state",
      "set",
      join(folder, "sealed"),
      "counts",
      "secret word",
      "9",
      "--yes",
      ...keys,
    ]);
    expect(set.code).toBe(0);
    expect(await get("sealed", ...keys)).toMatchObject({ code: 0, out: "9\n" });
    const states = join(folder, "sealed/state/counts");
    for (const name of readdirSync(states)) {
      expect(readFileSync(join(states, name)).includes("secret word")).toBe(false);
    }
    expect((await millrace(["ckpt", "verify", join(folder, "sealed"), ...keys])).code).toBe(0);
    const segment = "journal/0000000000-0000000001";
    const cat = await millrace(["ckpt", "wal", "cat", join(folder, "sealed"), segment, ...keys]);
    expect(cat).toMatchObject({ code: 0, out: expect.stringContaining("epoch_opened") });
  });
});
