import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StreamError } from "../../../src/base/index.ts";
import { lineDecoder } from "../../../src/sources/index.ts";

interface Decoded {
  readonly lines: string[];
  /** How many lines of each kind were reported. */
  readonly reported: Record<string, number>;
  readonly reports: StreamError[];
}

function decode(chunks: readonly Uint8Array[], lineBytesMax?: number): Decoded {
  const reports: StreamError[] = [];
  const decoder = lineDecoder({ lineBytesMax })((message, error) => {
    expect(error).toBeInstanceOf(StreamError);
    expect(message).toBe((error as StreamError).message);
    reports.push(error as StreamError);
  });
  const lines: string[] = [];
  for (const chunk of chunks) lines.push(...decoder.decode(chunk));
  lines.push(...decoder.end());
  const reported: Record<string, number> = {};
  for (const { code, details } of reports) {
    reported[code] = (reported[code] ?? 0) + Number(details["lines"]);
  }
  return { lines, reported, reports };
}

const bytesOf = (...parts: (string | readonly number[])[]) =>
  Buffer.concat(
    parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part))),
  );

/** Cuts bytes behind each of these places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  sorted.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

test("lines end at a line feed, with or without a carriage return, or at the end of the bytes", () => {
  expect(decode([bytesOf("a\nb\r\n\n\r\nc\rd\r\r\nlast")]).lines).toEqual([
    "a",
    "b",
    "",
    "",
    "c\rd\r",
    "last",
  ]);
  expect(decode([bytesOf("a\n")]).lines).toEqual(["a"]);
  expect(decode([]).lines).toEqual([]);
});

test("a line with bytes that are not UTF-8 is dropped and reported, and the lines around it are kept", () => {
  const { lines, reports } = decode([bytesOf("before\nb", [0xc3, 0x28], "d\nafter ünï\n")]);
  expect(lines).toEqual(["before", "after ünï"]);
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatchObject({ code: "utf8_invalid", kind: "data", details: { lines: 1 } });
});

test("a character that the end of the bytes cuts off makes its line malformed", () => {
  const { lines, reported } = decode([bytesOf("whole\ncut ", [0xe2, 0x82])]);
  expect(lines).toEqual(["whole"]);
  expect(reported).toEqual({ utf8_invalid: 1 });
});

test("malformed lines of one chunk make one report that counts them", () => {
  const bad = [0xff, 0x0a];
  const { lines, reports } = decode([bytesOf(bad, "x\n", bad, bad)]);
  expect(lines).toEqual(["x"]);
  expect(reports.map(({ details }) => details["lines"])).toEqual([3]);
});

test("the limit counts the bytes of a line without its end", () => {
  const { lines, reported } = decode([bytesOf("12345\n12345\r\n123456\n1é34\n1é345\nok")], 5);
  expect(lines).toEqual(["12345", "12345", "1é34", "ok"]);
  expect(reported).toEqual({ line_too_long: 2 });
});

test("a line without an end is held no further than its limit, and the line after it is kept", () => {
  const decoder = lineDecoder({ lineBytesMax: 100_000 });
  const reports: unknown[] = [];
  const { decode: decodeChunk, end } = bound(decoder((message) => reports.push(message)));
  const chunk = Buffer.alloc(65_536, "x");
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 4000; round += 1) expect(decodeChunk(chunk)).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  expect(reports).toHaveLength(1);
  expect([...decodeChunk(bytesOf("still the same line\nnext\nlast")), ...end()]).toEqual([
    "next",
    "last",
  ]);
  expect(reports).toHaveLength(1);
});

test("a limit that is no whole number above 0 is refused at the call", () => {
  for (const lineBytesMax of [0, -1, 1.5, Number.NaN]) {
    expect(() => lineDecoder({ lineBytesMax })).toThrow(/argument_invalid/);
  }
});

test("whatever is sent and however it is cut, exactly the well-formed lines come, in order", () => {
  const anyLine = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.string({ unit: "binary", maxLength: 60 }).map((text) => Buffer.from(text)),
    },
    { weight: 2, arbitrary: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)) },
    {
      weight: 1,
      arbitrary: fc.string({ minLength: 500, maxLength: 5000 }).map((text) => Buffer.from(text)),
    },
  );
  const anyEnd = fc.constantFrom("\n", "\r\n");
  const anyLines = fc.array(fc.tuple(anyLine, anyEnd), { maxLength: 80 });
  const anyLimit = fc.constantFrom(10, 100, 3000, 1_000_000);
  fc.assert(
    fc.property(anyLines, fc.array(fc.nat()), anyLimit, (sent, places, lineBytesMax) => {
      const bytes = Buffer.concat(
        sent.map(([line, end]) => Buffer.concat([line, Buffer.from(end)])),
      );
      expect(decode(cutAt(bytes, places), lineBytesMax)).toMatchObject(
        expected(bytes, lineBytesMax),
      );
    }),
    { numRuns: 200 },
  );
});

/** The lines of bytes by the simplest means. */
function expected(bytes: Buffer, lineBytesMax: number): Omit<Decoded, "reports"> {
  const lines: string[] = [];
  const reported: Record<string, number> = {};
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let from = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, from)) {
    const line = bytes.subarray(from, end > from && bytes[end - 1] === 13 ? end - 1 : end);
    from = end + 1;
    if (line.length > lineBytesMax) {
      reported["line_too_long"] = (reported["line_too_long"] ?? 0) + 1;
      continue;
    }
    try {
      lines.push(strict.decode(line));
    } catch {
      reported["utf8_invalid"] = (reported["utf8_invalid"] ?? 0) + 1;
    }
  }
  return { lines, reported };
}

function bound<T extends { decode: (chunk: Uint8Array) => unknown; end: () => unknown }>(
  decoder: T,
) {
  return {
    decode: (chunk: Uint8Array) => [...(decoder.decode(chunk) as Iterable<string>)],
    end: () => [...(decoder.end() as Iterable<string>)],
  };
}
