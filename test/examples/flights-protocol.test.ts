import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeAcknowledgement,
  encodeEnd,
  encodeFrom,
  encodeLines,
  encodeRefusal,
  FeedDecoder,
  type FeedMessage,
  frameBytesMax,
  ProtocolError,
  ReceiverDecoder,
} from "../../examples/flights/protocol.ts";

/** The bytes as the network may cut them. */
function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let start = 0;
  for (let i = 0; start < bytes.length; i += 1) {
    const end = start + (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(start, end);
    start = end;
  }
}

function joinLines(messages: readonly FeedMessage[]): { positions: number[]; lines: string[] } {
  const runs = messages.filter((message) => message.kind === "lines");
  return {
    positions: runs.flatMap((run) => run.lines.map((_, index) => run.from + index)),
    lines: runs.flatMap((run) => run.lines),
  };
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });
const line = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", " "));

function faultOf(push: () => unknown): ProtocolError {
  try {
    push();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what a feeder says", () => {
  test("arrives as it was said, however the network cuts it", () => {
    fc.assert(
      fc.property(fc.array(line), fc.nat(), sizes, (lines, from, cuts) => {
        const until = from + lines.length;
        const text =
          encodeLines(from, until, (position) => lines[position - from] ?? "") + encodeEnd(until);
        const decoder = new FeedDecoder(from);
        const messages = [...cut(Buffer.from(text), cuts)].flatMap((chunk) => decoder.push(chunk));
        expect(messages.at(-1)).toEqual({ kind: "end", total: until });
        expect(joinLines(messages)).toEqual({
          positions: lines.map((_, index) => from + index),
          lines,
        });
      }),
    );
  });

  test("comes as one run of lines for each chunk", () => {
    const text = encodeLines(7, 10, (position) => `line ${position}`) + encodeEnd(10);
    expect(new FeedDecoder(7).push(Buffer.from(text))).toEqual([
      { kind: "lines", from: 7, lines: ["line 7", "line 8", "line 9"] },
      { kind: "end", total: 10 },
    ]);
  });

  test("may be a refusal in one line", () => {
    const text = encodeRefusal("too\nlate");
    expect(new FeedDecoder(3).push(Buffer.from(text))).toEqual([
      { kind: "refused", reason: "too late" },
    ]);
  });

  test("cannot be a line with a line feed in it", () => {
    expect(() => encodeLines(0, 1, () => "two\nlines")).toThrow("line 0 contains a line feed");
  });

  const good = "4\tabc\n5\tdé\n";
  const goodBytes = Buffer.byteLength(good);
  test.each([
    ["a gap", "7\tabc\n", "position 7 where 6 is due"],
    ["a repeated line", "5\tabc\n", "position 5 where 6 is due"],
    ["an end too early", "end\t5\n", "an end at 5 where 6 is due"],
    ["an end without a total", "end\tsoon\n", "an end at soon where 6 is due"],
    ["a position with leading zeros", "06\tabc\n", "neither a line nor an end"],
    ["a negative position", "-6\tabc\n", "neither a line nor an end"],
    ["a position of too many digits", "6000000000000000\tabc\n", "neither a line nor an end"],
    ["no tab", "6 abc\n", "a frame without a tab"],
    ["an empty frame", "\n6\tabc\n", "a frame without a tab"],
    ["a word that nobody knows", "hello\t6\n", "neither a line nor an end"],
    ["bytes that are not UTF-8", Buffer.from([0x36, 0x09, 0xff, 0x0a]), "bytes that are not UTF-8"],
    ["a frame too long", `6\t${"x".repeat(frameBytesMax)}\n`, "a frame longer than 16384 bytes"],
    [
      "a frame too long in bytes only",
      `6\t${"é".repeat(10_000)}\n`,
      "a frame longer than 16384 bytes",
    ],
    [
      "a frame that does not end",
      "6\t" + "x".repeat(frameBytesMax),
      "a frame longer than 16384 bytes",
    ],
  ])("is refused at the byte where the fault begins: %s", (_, bad, fault) => {
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from(bad)]);
    for (const cuts of [[bytes.length], [3], [1]]) {
      const decoder = new FeedDecoder(4);
      const error = faultOf(() => [...cut(bytes, cuts)].map((chunk) => decoder.push(chunk)));
      expect(error.message).toContain(fault);
      expect(error.offset).toBe(goodBytes);
    }
  });

  test("is refused when it goes on after the end", () => {
    const decoder = new FeedDecoder(0);
    decoder.push(Buffer.from(encodeEnd(0)));
    expect(faultOf(() => decoder.push(Buffer.from("0\tabc\n"))).offset).toBe(encodeEnd(0).length);
  });
});

describe("what a receiver says", () => {
  test("arrives as it was said, however the network cuts it", () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat()), sizes, (from, acknowledged, cuts) => {
        const text = encodeFrom(from) + acknowledged.map(encodeAcknowledgement).join("");
        const decoder = new ReceiverDecoder();
        const messages = [...cut(Buffer.from(text), cuts)].flatMap((chunk) => decoder.push(chunk));
        expect(messages).toEqual([
          { kind: "from", position: from },
          ...acknowledged.map((position) => ({ kind: "ack", position })),
        ]);
      }),
    );
  });

  test.each([
    ["an acknowledgement before the greeting", "ack\t5\n", 0],
    ["another protocol", "GET / HTTP/1.1\r\n", 0],
    ["a greeting without a position", "from\tthe start\n", 0],
    ["a second greeting", "from\t5\nfrom\t6\n", 7],
    ["an acknowledgement of nothing", "from\t5\nack\t\n", 7],
    ["a frame that does not end", `from\t5\n${"x".repeat(33)}`, 7],
  ])("is refused at the byte where the fault begins: %s", (_, text, offset) => {
    for (const cuts of [[text.length], [1]]) {
      const decoder = new ReceiverDecoder();
      const error = faultOf(() =>
        [...cut(Buffer.from(text), cuts)].map((chunk) => decoder.push(chunk)),
      );
      expect(error.offset).toBe(offset);
    }
  });
});
