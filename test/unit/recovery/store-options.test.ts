/** A start with other options of the store than its directory was written with. */
import { describe, expect, test } from "vitest";
import type { OpenStoreOptions } from "../../../src/index.ts";
import { counting, Life } from "../../chaos/application-life.ts";
import { caught } from "../context/driven-context.ts";
import { contents, directory, useDirectory } from "./lives-in-directory.ts";

useDirectory();

const key = (byte: number) => new Uint8Array(32).fill(byte);
const compressed: OpenStoreOptions = { compress: "deflate" };
const encrypted: OpenStoreOptions = { encrypt: { keyId: "k1", keys: { k1: key(7) } } };
const otherBytes: OpenStoreOptions = { encrypt: { keyId: "k1", keys: { k1: key(8) } } };
const otherKey: OpenStoreOptions = { encrypt: { keyId: "k2", keys: { k2: key(7) } } };

const life = (store: OpenStoreOptions, startMs = 20_000): Life =>
  new Life({
    program: counting,
    startMs,
    address: directory,
    directory: { store },
    isReal: true,
  });

async function lived(store: OpenStoreOptions): Promise<void> {
  const first = life(store, 10_000);
  await first.start();
  await first.receive(["to", "be"]);
  await first.clock.advance(1000);
  await first.stop();
}

async function refused(store: OpenStoreOptions): Promise<unknown> {
  const before = await contents();
  const second = life(store);
  const error = await caught(second.start());
  await second.die();
  expect(await contents()).toEqual(before);
  return error;
}

const file = expect.stringMatching(/^journal\//);

describe("a directory", () => {
  test("that is compressed is refused without, and the option is named", async () => {
    await lived(compressed);
    expect(await refused({})).toMatchObject({
      code: "store_option_missing",
      kind: "usage",
      details: { file, option: "compress" },
    });
    expect(await refused(encrypted)).toMatchObject({
      code: "envelope_unencrypted",
      details: { file },
    });
  });

  test("that is encrypted is refused without the key, with another one, and with another of its id", async () => {
    await lived(encrypted);
    expect(await refused({})).toMatchObject({
      code: "store_option_missing",
      details: { file, option: "encrypt" },
    });
    for (const [store, code, keyId] of [
      [compressed, "encryption_key_missing", "k1"],
      [otherKey, "encryption_key_missing", "k1"],
      [otherBytes, "encryption_key_wrong", "k1"],
    ] as const) {
      expect(await refused(store)).toMatchObject({ code, kind: "usage", details: { file, keyId } });
    }
  });

  test("that is neither is refused with either", async () => {
    await lived({});
    for (const store of [compressed, encrypted]) {
      expect(await refused(store)).toMatchObject({ code: "envelope_missing", details: { file } });
    }
  });
});
