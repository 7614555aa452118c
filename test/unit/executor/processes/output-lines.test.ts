import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { handOnLines, LastLines } from "../../../../src/executor/processes/output-lines.ts";

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = [];
  await handOnLines(Readable.from(chunks, { objectMode: true }), (line) => void lines.push(line));
  return lines;
}

describe("what an executor prints", () => {
  test("is handed on line by line, wherever the chunks are cut", async () => {
    const text = fc
      .string({ unit: "grapheme", maxLength: 20 })
      .map((t) => t.replace(/[\r\n]/g, ""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 6 }),
        fc.integer({ min: 1, max: 7 }),
        async (lines, size) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
          const chunks: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; at += size)
            chunks.push(bytes.subarray(at, at + size));
          expect(await linesOf(chunks)).toEqual(lines);
        },
      ),
    );
  });

  test("is handed on without an end of line at its end, and without a carriage return", async () => {
    expect(await linesOf([Buffer.from("a\r\nb")])).toEqual(["a", "b"]);
  });

  test("is cut where a line does not end", async () => {
    const lines = await linesOf(Array.from({ length: 10 }, () => Buffer.alloc(10_000, "x")));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(16 * 1024);
    expect(lines.join("")).toHaveLength(100_000);
  });

  test("is read no further while a line is not taken", async () => {
    let pulled = 0;
    async function* endless() {
      for (;;) {
        pulled += 1;
        yield Buffer.from("line\n");
      }
    }
    const stream = Readable.from(endless());
    let taken = 0;
    const reading = handOnLines(stream, () => {
      taken += 1;
      return new Promise<void>((resolve) => stream.once("close", () => resolve()));
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toBe(1);
    expect(pulled).toBeLessThan(100);
    stream.destroy();
    await reading;
  });

  test("is kept for errors as far as its last lines, of which each has a limit", () => {
    const last = new LastLines();
    for (let line = 1; line <= 30; line += 1) last.add(`line ${line}`);
    last.add("y".repeat(1000));
    const lines = last.text.split("\n");
    expect(lines).toHaveLength(20);
    expect(lines[0]).toBe("line 12");
    expect(lines.at(-1)).toBe(`${"y".repeat(500)}...`);
  });
});
