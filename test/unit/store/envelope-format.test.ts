/** The format of envelopes: its golden files, and the examples of docs/format/envelope.md. */
import { createDecipheriv, hkdfSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { logTransform, MemoryStore, transformedStore } from "../../../src/store/index.ts";
import { countedBytes, keyFrom } from "../../support/transform-fixtures.ts";
import { goldenContents } from "./golden-envelopes.ts";

const read = (path: string): Buffer => readFileSync(new URL(`../../../${path}`, import.meta.url));
const golden = (file: string): Buffer => read(`test/fixtures/v1/envelope/${file}`);

describe("the golden envelopes", () => {
  test("are all there", () => {
    const files = readdirSync(new URL("../../fixtures/v1/envelope", import.meta.url));
    expect(files.sort()).toEqual(Object.keys(goldenContents).sort());
  });

  test.each(Object.entries(goldenContents))("%s loads", async (file, given) => {
    const inner = new MemoryStore();
    const store = transformedStore(inner, given.options);
    if (given.place !== undefined) {
      const decoded = logTransform(store).decode(golden(file), given.place);
      expect(Buffer.compare(decoded, given.content)).toBe(0);
      return;
    }
    const name = given.name ?? "";
    await inner.create(name, golden(file));
    expect(Buffer.compare(await store.read(name), given.content)).toBe(0);
  });

  test.each(["plain", "encrypted"])("%s is what is written today", async (file) => {
    const {
      options,
      content,
      name = "",
    } = goldenContents[file] ?? { options: {}, content: golden(file) };
    const inner = new MemoryStore();
    const store = transformedStore(inner, { ...options, drawBytes: countedBytes() });
    await store.create(name, content);
    expect(Buffer.from(await inner.read(name)).toString("hex")).toBe(golden(file).toString("hex"));
  });
});

describe("docs/format/envelope.md", () => {
  test("shows the bytes of the golden envelopes plain and encrypted", () => {
    const page = read("docs/format/envelope.md").toString();
    const shown = page.split("\n## ").map((section) =>
      section
        .split("\n")
        .map((line) => /^\| `((?:[0-9a-f]{2} )*[0-9a-f]{2})` \|/.exec(line)?.[1] ?? "")
        .join("")
        .replaceAll(" ", ""),
    );
    expect(shown.filter((hex) => hex !== "")).toEqual([
      golden("plain").toString("hex"),
      golden("encrypted").toString("hex"),
    ]);
  });

  test("tells enough to open the example without any code of the store", () => {
    const file = golden("encrypted");
    const keyIdBytes = file.readUInt8(7);
    const salt = file.subarray(12 + keyIdBytes, 28 + keyIdBytes);
    const header = file.subarray(0, 32 + keyIdBytes);
    const derived = Buffer.from(hkdfSync("sha256", keyFrom(0), salt, "millrace envelope 1", 36));
    expect(header.subarray(-4)).toEqual(derived.subarray(32));
    const word = file.subarray(header.length, header.length + 4);
    const body = file.subarray(header.length + 4, -16);
    const associated = [header, Buffer.alloc(4), word, Buffer.from("a")];
    const decipher = createDecipheriv("aes-256-gcm", derived.subarray(0, 32), Buffer.alloc(12));
    decipher.setAAD(Buffer.concat(associated));
    decipher.setAuthTag(file.subarray(-16));
    const content = Buffer.concat([decipher.update(body), decipher.final()]);
    expect(content.toString()).toBe("hello");

    const plain = golden("plain");
    const covered = [
      plain.subarray(0, 12),
      Buffer.alloc(4),
      plain.subarray(12, 16),
      Buffer.from("a"),
    ];
    const check = crc32(Buffer.concat([...covered, plain.subarray(16, -4)]));
    expect(plain.readUInt32BE(plain.length - 4)).toBe(check);
  });
});
