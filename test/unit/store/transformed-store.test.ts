import { describe, expect, test } from "vitest";
import { EnvelopeSealer } from "../../../src/store/envelope-sealer.ts";
import {
  MemoryStore,
  openStore,
  type TransformOptions,
  transformedStore,
} from "../../../src/store/index.ts";
import { type Packed, packSync } from "../../../src/store/packing.ts";
import {
  both,
  compressed,
  countedBytes,
  encrypted,
  keyFrom,
} from "../../support/transform-fixtures.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (stored: Uint8Array) => Buffer.from(stored).toString();
const chunkBytes = 256 * 1024;

/** What stands in the medium for an object that was created through a transform. */
async function storedBy(
  options: TransformOptions,
  content: Uint8Array,
  name = "a/b",
): Promise<{ inner: MemoryStore; stored: Uint8Array }> {
  const inner = new MemoryStore();
  const drawBytes = countedBytes();
  await transformedStore(inner, { ...options, drawBytes }).create(name, content);
  return { inner, stored: await inner.read(name) };
}

/** Reads bytes as if they stood in the medium. */
async function reading(
  options: TransformOptions,
  stored: Uint8Array,
  name = "a/b",
): Promise<Uint8Array> {
  const inner = new MemoryStore();
  await inner.create(name, stored);
  return transformedStore(inner, options).read(name);
}

const kinds: readonly (readonly [string, TransformOptions])[] = [
  ["no transform but the envelope", {}],
  ["compression", compressed],
  ["encryption", encrypted],
  ["both", both],
];

describe.each(kinds)("an object with %s", (_, options) => {
  test.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes])(
    "of %i bytes comes back, given at once or streamed",
    async (byteCount) => {
      const content = Uint8Array.from({ length: byteCount }, (__, index) => (index * index) % 253);
      async function* pieces(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < byteCount; at += 99_991) yield content.subarray(at, at + 99_991);
      }
      const store = transformedStore(new MemoryStore(), options);
      await store.create("given", content);
      await store.create("streamed", pieces());
      expect(Buffer.compare(await store.read("given"), content)).toBe(0);
      expect(Buffer.compare(await store.read("streamed"), content)).toBe(0);
    },
  );

  test("is found out when any bit of it is changed", async () => {
    const { stored } = await storedBy(options, bytes("the quick brown fox, the quick brown fox"));
    for (let at = 0; at < stored.length; at++) {
      for (const bit of [0, 3, 7]) {
        const changed = stored.slice();
        changed[at] = (changed[at] ?? 0) ^ (1 << bit);
        await expect(reading(options, changed), `byte ${at}, bit ${bit}`).rejects.toMatchObject({
          code: expect.stringMatching(/^(envelope|encryption_key)_/),
        });
      }
    }
  });

  test("is found out when it is cut anywhere, or goes on behind its end", async () => {
    const { stored } = await storedBy(options, bytes("some content"));
    for (let length = 1; length < stored.length; length++) {
      await expect(reading(options, stored.subarray(0, length)), `${length}`).rejects.toEqual(
        code("envelope_damaged"),
      );
    }
    await expect(reading(options, Buffer.concat([stored, bytes("x")]))).rejects.toEqual(
      code("envelope_damaged"),
    );
  });

  test("is found out when its chunks are cut at their seams, reordered, repeated or left out", async () => {
    const content = Uint8Array.from({ length: 3 * chunkBytes }, (__, index) => (index * 7) % 251);
    const { stored } = await storedBy(options, content);
    const { header, chunks } = cutIntoChunks(stored);
    const [first, second, third] = chunks as [Uint8Array, Uint8Array, Uint8Array];
    expect(chunks).toHaveLength(3);
    const wrong = [
      [],
      [first],
      [first, second],
      [second, first, third],
      [first, first, third],
      [first, third],
      [third],
      [first, second, third, third],
    ];
    for (const pieces of wrong) {
      await expect(reading(options, Buffer.concat([header, ...pieces]))).rejects.toEqual(
        code("envelope_damaged"),
      );
    }
    expect((await reading(options, Buffer.concat([header, ...chunks]))).length).toBe(
      content.length,
    );
  });

  test("is found out when it is moved to another name", async () => {
    const { stored } = await storedBy(options, bytes("mine"), "epoch/1");
    await expect(reading(options, stored, "epoch/2")).rejects.toMatchObject({
      code: "envelope_damaged",
      details: { name: "epoch/2" },
    });
  });
});

/** Cuts where the words say. */
function cutIntoChunks(stored: Uint8Array): { header: Uint8Array; chunks: Uint8Array[] } {
  const buffer = Buffer.from(stored);
  const isEncrypted = buffer[6] === 1;
  let at = 12 + (isEncrypted ? (buffer[7] ?? 0) + 20 : 0);
  const header = stored.subarray(0, at);
  const chunks: Uint8Array[] = [];
  while (at < stored.length) {
    const end = at + 4 + (buffer.readUInt32BE(at) & 0x0fffffff) + (isEncrypted ? 16 : 4);
    chunks.push(stored.subarray(at, end));
    at = end;
  }
  return { header, chunks };
}

describe("compression", () => {
  test("makes what repeats small, and what does not no larger than its envelope", async () => {
    const repeated = await storedBy(compressed, new Uint8Array(10 * chunkBytes));
    expect(repeated.stored.length).toBeLessThan(chunkBytes / 10);
    const random = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 31) >> 3);
    const plain = await storedBy({}, random);
    const packed = await storedBy(compressed, crypto.getRandomValues(new Uint8Array(5000)));
    expect(packed.stored.length).toBe(plain.stored.length);
  });

  /** An envelope whose checks are right, whatever its header claims. */
  function sealed(chunkBytes: number, chunk: Packed): Uint8Array {
    const drawBytes = countedBytes();
    const place = { kind: "object", name: "a/b", keys: undefined } as const;
    const sealer = new EnvelopeSealer({ ...place, chunkBytes, drawBytes });
    return Buffer.concat([sealer.header, sealer.seal(chunk, "last")]);
  }

  test("a chunk that is larger than its header says is refused, before it takes the room", async () => {
    const large = packSync(new Uint8Array(1001), "deflate");
    expect((await reading(compressed, sealed(1001, large))).length).toBe(1001);
    const packedTooLarge = reading(compressed, sealed(1000, large));
    await expect(packedTooLarge).rejects.toMatchObject({ code: "envelope_damaged" });
    const plain = packSync(new Uint8Array(1001), undefined);
    expect((await reading(compressed, sealed(1001, plain))).length).toBe(1001);
    const plainTooLarge = reading(compressed, sealed(1000, plain));
    await expect(plainTooLarge).rejects.toMatchObject({ code: "envelope_damaged" });
  });

  test("a header that allows chunks of more than 16 MiB is refused", async () => {
    const chunk = packSync(bytes("x"), undefined);
    expect((await reading(compressed, sealed(16 * 1024 * 1024, chunk))).length).toBe(1);
    const damaged = reading(compressed, sealed(16 * 1024 * 1024 + 1, chunk));
    await expect(damaged).rejects.toEqual(code("envelope_damaged"));
  });

  test("a packing that nobody knows is refused", async () => {
    const chunk = { packing: 2 as 1, bytes: bytes("x") };
    await expect(reading(compressed, sealed(100, chunk))).rejects.toEqual(code("envelope_damaged"));
  });

  test("reads what was stored without it, in an envelope", async () => {
    const { stored } = await storedBy({}, bytes("plain"));
    expect(textOf(await reading(compressed, stored))).toBe("plain");
  });
});

describe("encryption", () => {
  test("lets neither the content be seen nor whether two are the same", async () => {
    const inner = new MemoryStore();
    const store = transformedStore(inner, encrypted);
    await store.create("a", bytes("secret secret secret"));
    await store.create("b", bytes("secret secret secret"));
    const [a, b] = [await inner.read("a"), await inner.read("b")];
    expect(textOf(a)).not.toContain("secret");
    expect(Buffer.compare(a.subarray(-40), b.subarray(-40))).not.toBe(0);
  });

  test("encrypts two chunks of the same content differently", async () => {
    const { stored } = await storedBy(encrypted, new Uint8Array(2 * chunkBytes));
    const [first, second] = cutIntoChunks(stored).chunks.map((chunk) => chunk.subarray(4, -16));
    expect(Buffer.compare(first ?? bytes(""), second ?? bytes(""))).not.toBe(0);
  });

  test("reads with old keys, and writes with the one that is named", async () => {
    const { stored } = await storedBy(encrypted, bytes("old"));
    const rotated = {
      encrypt: { keyId: "2027", keys: { "2026": keyFrom(0), "2027": keyFrom(9) } },
    };
    expect(textOf(await reading(rotated, stored))).toBe("old");
    const { stored: fresh } = await storedBy(rotated, bytes("new"));
    await expect(reading(encrypted, fresh)).rejects.toMatchObject({
      code: "encryption_key_missing",
      details: { name: "a/b", keyId: "2027" },
    });
  });

  test("tells a wrong key from changed bytes", async () => {
    const { stored } = await storedBy(encrypted, bytes("x"));
    const wrong = { encrypt: { keyId: "2026", keys: { "2026": keyFrom(1) } } };
    await expect(reading(wrong, stored)).rejects.toMatchObject({
      code: "encryption_key_wrong",
      kind: "usage",
      details: { name: "a/b", keyId: "2026" },
    });
  });

  test("what is encrypted cannot be read without keys", async () => {
    const { stored } = await storedBy(encrypted, bytes("x"));
    await expect(reading(compressed, stored)).rejects.toEqual(code("encryption_key_missing"));
  });

  test("refuses what is not encrypted, unless it is allowed", async () => {
    const { stored } = await storedBy(compressed, bytes("older"));
    await expect(reading(encrypted, stored)).rejects.toEqual(code("envelope_unencrypted"));
    const lenient = { encrypt: { keyId: "k", keys: { k: keyFrom(0) }, readUnencrypted: true } };
    expect(textOf(await reading(lenient, stored))).toBe("older");
  });

  test.each([
    ["an id without a key", { keyId: "b", keys: { a: keyFrom(0) } }],
    ["a key of 16 bytes", { keyId: "a", keys: { a: new Uint8Array(16) } }],
    [
      "a key of 33 bytes among others",
      { keyId: "a", keys: { a: keyFrom(0), b: new Uint8Array(33) } },
    ],
    ["a key that is text", { keyId: "a", keys: { a: "secret" as unknown as Uint8Array } }],
    ["an empty id", { keyId: "", keys: { "": keyFrom(0) } }],
    ["an id of 101 bytes", { keyId: "a".repeat(101), keys: { ["a".repeat(101)]: keyFrom(0) } }],
  ])("%s is refused at once", (_, encrypt) => {
    expect(() => transformedStore(new MemoryStore(), { encrypt })).toThrow(
      code("encryption_key_invalid"),
    );
  });

  test("no error shows a key", () => {
    const keys = { a: new Uint8Array(31).fill(77) };
    try {
      transformedStore(new MemoryStore(), { encrypt: { keyId: "a", keys } });
    } catch (error) {
      expect(String(error)).not.toContain("77");
      return;
    }
    throw new Error("it has to refuse");
  });

  test("a key that is overwritten after it was given stays what it was", async () => {
    const key = keyFrom(0);
    const store = transformedStore(new MemoryStore(), {
      encrypt: { keyId: "a", keys: { a: key } },
    });
    await store.create("x", bytes("kept"));
    key.fill(0);
    expect(textOf(await store.read("x"))).toBe("kept");
  });
});

describe("what is no envelope", () => {
  test.each([
    ["nothing", "", "envelope_damaged"],
    ["the beginning of an envelope", "\x89MR", "envelope_damaged"],
    ["a foreign object", "Obj\x01 and more", "envelope_missing"],
    ["a short foreign object", "O", "envelope_missing"],
  ])("%s is told as such", async (_, content, expected) => {
    await expect(reading(compressed, Buffer.from(content, "latin1"))).rejects.toMatchObject({
      code: expected,
      kind: "data",
      details: { name: "a/b" },
    });
  });

  test("an envelope of a newer format is told as such", async () => {
    const { stored } = await storedBy({}, bytes("x"));
    stored[4] = 2;
    await expect(reading({}, stored)).rejects.toMatchObject({
      code: "envelope_version_unknown",
      details: { version: 2 },
    });
  });
});

describe("openStore", () => {
  test("compresses and encrypts as its options say", async () => {
    const store = await openStore("memory:transformed", both);
    await store.create("a", new Uint8Array(100_000));
    const plain = await openStore("memory:transformed");
    expect((await plain.read("a")).length).toBeLessThan(1000);
    await expect((await openStore("memory:transformed", compressed)).read("a")).rejects.toEqual(
      code("encryption_key_missing"),
    );
    expect((await store.read("a")).length).toBe(100_000);
  });
});
