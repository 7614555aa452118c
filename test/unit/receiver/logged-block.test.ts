import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeRecords, Pacer } from "../../../src/core/index.ts";
import { encodeLogged, loggedContent } from "../../../src/receiver/logged-block.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { goldenBytes, goldenRecords } from "./logged-golden.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });
const pacer = () => new Pacer(new ManualClock(), new AbortController().signal);
const fixture = (name: string) =>
  readFile(new URL(`../../fixtures/v1/${name}`, import.meta.url)).then((bytes) =>
    Uint8Array.from(bytes),
  );

const recordsOf = (logged: Uint8Array) => decodeRecords(loggedContent(logged, "records"), pacer());

/** The hex of a table of docs/format/block.md, without blanks. */
const hex = (text: string) => text.replaceAll(/\s/g, "");

describe("a block in a log", () => {
  test("of records is as the page of the format says", async () => {
    const logged = await encodeLogged({ records: ["a", "bc"] }, pacer());
    expect(logged.toString("hex")).toBe(
      hex("01 00  07 00 00 00  01 01 01 01 00 01 61  08 00 00 00  01 01 01 01 00 02 62 63"),
    );
  });

  test("of bytes is as the page of the format says", async () => {
    const logged = await encodeLogged({ bytes: Uint8Array.of(0xca, 0xfe) }, pacer());
    expect(logged.toString("hex")).toBe(hex("01 01  ca fe"));
  });

  test("comes back as it was, however many records it has", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 400 }), async (values) => {
        const records = values.map((value) => structuredClone(value));
        expect(await recordsOf(await encodeLogged({ records }, pacer()))).toEqual(records);
      }),
      { numRuns: 30 },
    );
  });

  test("that version 1 wrote can be read for ever", async () => {
    expect(await recordsOf(await fixture("block-records.bin"))).toEqual(goldenRecords);
    const bytes = loggedContent(await fixture("block-bytes.bin"), "bytes");
    expect(Uint8Array.from(bytes)).toEqual(goldenBytes);
  });

  test("of another version, of another form, or without anything is refused", async () => {
    const logged = await encodeLogged({ bytes: Uint8Array.of(1) }, pacer());
    const refused = code("value_undecodable");
    expect(() => loggedContent(logged, "records")).toThrow(refused);
    expect(() => loggedContent(Uint8Array.of(2, 1, 1), "bytes")).toThrow(refused);
    expect(() => loggedContent(new Uint8Array(), "bytes")).toThrow(refused);
  });

  test("with a length that is longer than what is there is refused, whatever is there", async () => {
    const logged = await encodeLogged({ records: ["a"] }, pacer());
    logged.writeUInt32LE(logged.readUInt32LE(2) + 1, 2);
    await expect(recordsOf(logged)).rejects.toEqual(code("value_undecodable"));
  });

  test("is records again or refused, wherever it is cut and whatever bits flip", async () => {
    const whole = Uint8Array.from(await encodeLogged({ records: goldenRecords }, pacer()));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.nat(whole.length - 1),
        fc.nat(255),
        async (length, at, mask) => {
          const damaged = whole.slice();
          damaged[at] = (damaged[at] ?? 0) ^ mask;
          try {
            await recordsOf(damaged.subarray(0, length));
          } catch (error) {
            expect(error).toEqual(code("value_undecodable"));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
