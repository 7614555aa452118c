import { describe, expect, test } from "vitest";
import {
  decodeManifest,
  encodeManifest,
  isOutputOf,
  type OutputManifest,
} from "../../../../src/core/index.ts";

const output = { applicationId: "app", outputUid: "counts", batchTimeMs: 1000, epoch: 1 };
const part = { name: "part-00000.avro", byteCount: 3, sha256: "ab".repeat(32) };
const manifest: OutputManifest = { output, parts: [part, { ...part, name: "part-00001.avro" }] };

describe("a manifest", () => {
  test("says as text what it said before", () => {
    for (const given of [manifest, { output: undefined, parts: [] }]) {
      expect(decodeManifest(encodeManifest(given), "m")).toEqual(given);
    }
  });

  test("is that of an output whatever the epoch, and of nobody where no output saved it", () => {
    expect(isOutputOf(manifest, { ...output, epoch: 9 })).toBe(true);
    expect(isOutputOf(manifest, { ...output, batchTimeMs: 2000 })).toBe(false);
    expect(isOutputOf(manifest, undefined)).toBe(false);
    expect(isOutputOf({ ...manifest, output: undefined }, undefined)).toBe(false);
  });

  const said = JSON.parse(encodeManifest(manifest)) as Record<string, unknown>;
  test.each<[string, unknown]>([
    ["is no object", [1]],
    ["is null", null],
    ["is something else", { ...said, format: "another" }],
    ["is of a later version", { ...said, version: 2 }],
    ["does not say whose it is", { ...said, output: {} }],
    ["has a batch time that is no number", { ...said, output: { ...output, batchTimeMs: "1" } }],
    ["has no parts", { ...said, parts: undefined }],
    ["has a part without a name", { ...said, parts: [{ ...part, name: undefined }] }],
    ["leads out of its directory", { ...said, parts: [{ ...part, name: "../part-00000" }] }],
    ["leads into another directory", { ...said, parts: [{ ...part, name: "a/part-00000" }] }],
    ["names a hidden file", { ...said, parts: [{ ...part, name: ".part-00000" }] }],
    ["has a part of less than nothing", { ...said, parts: [{ ...part, byteCount: -1 }] }],
    ["has a part without a hash", { ...said, parts: [{ ...part, sha256: "ab" }] }],
  ])("that %s is refused, naming the file", (_, value) => {
    expect(() => decodeManifest(JSON.stringify(value), "out/m")).toThrow(
      expect.objectContaining({
        code: "manifest_invalid",
        details: expect.objectContaining({ file: "out/m" }),
      }),
    );
  });

  test("that was cut is refused", () => {
    const text = encodeManifest(manifest);
    for (let length = 0; length < text.length - 2; length++) {
      expect(() => decodeManifest(text.slice(0, length), "m")).toThrow(
        expect.objectContaining({ code: "manifest_invalid" }),
      );
    }
  });
});
