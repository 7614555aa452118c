import { describe, expect, test } from "vitest";
import { logTransform, MemoryStore, transformedStore } from "../../../src/store/index.ts";
import { both, compressed, encrypted } from "../../support/transform-fixtures.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (stored: Uint8Array) => Buffer.from(stored).toString();

describe("logTransform", () => {
  test("of a store that transforms nothing does nothing", () => {
    const store = new MemoryStore();
    const transform = logTransform(store);
    const payload = bytes("payload");
    expect(transform.store).toBe(store);
    expect(transform.encode(payload)).toBe(payload);
    expect(transform.decode(payload)).toBe(payload);
  });

  test.each([
    ["compresses", compressed],
    ["encrypts", encrypted],
    ["does both", both],
  ])("of a store that %s gives the store within, and payloads that come back", (_, options) => {
    const inner = new MemoryStore();
    const transform = logTransform(transformedStore(inner, options));
    expect(transform.store).toBe(inner);
    for (const byteCount of [0, 1, 256 * 1024, 256 * 1024 + 1, 600_000]) {
      const payload = Uint8Array.from({ length: byteCount }, (__, index) => (index * 3) % 240);
      const stored = transform.encode(payload, "journal 1 2");
      expect(Buffer.compare(transform.decode(stored, "journal 1 2"), payload)).toBe(0);
    }
  });

  test("of stores within each other undoes all of them", () => {
    const inner = new MemoryStore();
    const transform = logTransform(
      transformedStore(transformedStore(inner, encrypted), compressed),
    );
    expect(transform.store).toBe(inner);
    expect(textOf(transform.decode(transform.encode(bytes("x"))))).toBe("x");
  });

  test("binds a payload to its place", () => {
    const { encode, decode } = logTransform(transformedStore(new MemoryStore(), encrypted));
    const stored = encode(bytes("x"), "journal 1 2");
    expect(() => decode(stored, "journal 1 3")).toThrow(code("envelope_damaged"));
    expect(() => decode(stored)).toThrow(code("envelope_damaged"));
  });

  test("reads at any place what was written without one, as it was by releases of before", () => {
    const { encode, decode } = logTransform(transformedStore(new MemoryStore(), encrypted));
    expect(textOf(decode(encode(bytes("x")), "journal 1 2"))).toBe("x");
    const placed = encode(bytes("x"), "journal 1 2");
    // The version says which it is, and the key vouches for it.
    expect(placed[4]).toBe(2);
    expect(() => decode(placed.with(4, 1), "journal 1 3")).toThrow(code("envelope_damaged"));
    expect(() => decode(placed.with(4, 1))).toThrow(code("envelope_damaged"));
  });

  test("finds any change, cut and growth of a payload", () => {
    const { encode, decode } = logTransform(transformedStore(new MemoryStore(), both));
    const stored = encode(bytes("some payload, some payload"));
    for (let at = 0; at < stored.length; at++) {
      const changed = Uint8Array.from(stored);
      changed[at] = (changed[at] ?? 0) ^ 16;
      expect(() => decode(changed)).toThrow(/\[(envelope|encryption_key)_\w+\]/);
      expect(() => decode(stored.subarray(0, at))).toThrow(code("envelope_damaged"));
    }
    expect(() => decode(Buffer.concat([stored, bytes("x")]))).toThrow(code("envelope_damaged"));
  });

  test("an object cannot pass for a payload, nor a payload for an object", async () => {
    const inner = new MemoryStore();
    const store = transformedStore(inner, encrypted);
    const { encode, decode } = logTransform(store);
    await store.create("a", bytes("x"));
    const object = await inner.read("a");
    expect(() => decode(object, "a")).toThrow(code("envelope_damaged"));
    await inner.create("b", encode(bytes("x"), "b"));
    await expect(store.read("b")).rejects.toEqual(code("envelope_damaged"));
  });
});
