import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { MemoryStore, openStore, registerScheme } from "../../../src/store/index.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("openStore", () => {
  test.each([
    ["/data/ckpt", "file:/data/ckpt"],
    ["./some/ckpt", `file:${resolve("some/ckpt")}`],
    ["ckpt", `file:${resolve("ckpt")}`],
    ["file:/data/ckpt/", "file:/data/ckpt"],
    ["file:///data/ckpt", "file:/data/ckpt"],
    ["file:./ckpt", `file:${resolve("ckpt")}`],
    ["FILE:/data", "file:/data"],
    [pathToFileURL("/a b").href, "file:/a b"],
    ["./a:b", `file:${resolve("a:b")}`],
    ["memory:words", "memory:words"],
  ])("%s is the store %s", async (address, expected) => {
    const store = await openStore(address);
    expect(store.address).toBe(expected);
    await store.close();
  });

  test.each(["", "file:", "memory:", "file://host/path", "a\0b"])(
    "'%s' is no address",
    async (address) => {
      await expect(openStore(address)).rejects.toEqual(code("address_invalid"));
    },
  );

  test("a scheme that nobody registered is named", async () => {
    await expect(openStore("ftp://host/ckpt")).rejects.toMatchObject({
      code: "store_scheme_unknown",
      details: { address: "ftp://host/ckpt", scheme: "ftp" },
    });
  });

  test("one name in memory is one content, and what is nameless is nobody else's", async () => {
    await (await openStore("memory:one-name")).create("a", new Uint8Array(1));
    expect(await (await openStore("memory:one-name")).has("a")).toBe(true);
    expect(await (await openStore("memory:other-name")).has("a")).toBe(false);
    const nameless = new MemoryStore();
    await nameless.create("a", new Uint8Array(1));
    expect(await new MemoryStore().has("a")).toBe(false);
  });
});

describe("registerScheme", () => {
  test("adds a kind of store, whose opener is given the whole address and the options", async () => {
    const asked: unknown[] = [];
    const store = new MemoryStore();
    registerScheme("test-a", async (...args) => {
      asked.push(args);
      return store;
    });
    const options = { local: {} };
    expect(await openStore("TEST-a://host/path", options)).toBe(store);
    expect(asked).toEqual([["TEST-a://host/path", options]]);
  });

  test("leaves a scheme to who had it first", () => {
    const open = async () => new MemoryStore();
    registerScheme("test-b", open);
    expect(() => registerScheme("test-b", open)).toThrow(code("store_scheme_taken"));
    expect(() => registerScheme("file", open)).toThrow(code("store_scheme_taken"));
  });

  test.each(["", "x", "X-y", "a:", "1a", "a/b"])("'%s' is no scheme", (scheme) => {
    expect(() => registerScheme(scheme, async () => new MemoryStore())).toThrow(
      code("argument_invalid"),
    );
  });
});
