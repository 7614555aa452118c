import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StreamError } from "../../../../src/base/index.ts";
import { decodeError, encodeError } from "../../../../src/executor/wire/error-form.ts";
import {
  decodeCall,
  decodeMessage,
  encodeCall,
  encodeMessage,
} from "../../../../src/executor/wire/message-format.ts";

const value = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
});
const sent = (given: unknown) => decodeMessage(Buffer.concat(encodeMessage(given)));
const failed = (thrown: unknown) => decodeError(encodeError(thrown));

describe("a message", () => {
  test("is the same on the other side, whatever plain data it is", () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(sent(given)).toEqual(given);
      }),
    );
  });

  test("of bytes keeps its class and shares nothing with a large chunk that it came in", () => {
    const buffer = sent(Buffer.from("abc"));
    expect(Buffer.isBuffer(buffer)).toBe(true);
    const chunk = Buffer.concat([Buffer.of(1), Buffer.from("abc"), Buffer.alloc(65536)]);
    const bytes = decodeMessage(chunk.subarray(0, 4)) as Uint8Array;
    expect(bytes).toEqual(new Uint8Array(Buffer.from("abc")));
    expect(bytes.buffer.byteLength).toBe(3);
  });

  test("that is no plain data is refused with the path to it", () => {
    class Point {
      readonly x = 1;
    }
    for (const [given, path] of [
      [{ a: [new Point()] }, "$.a[0]"],
      [() => {}, "$"],
      [new Map([[1, Symbol("s")]]), "$.values()[0]"],
      [new (class Bytes extends Uint8Array {})(3), "$"],
    ] as const) {
      expect(() => encodeMessage(given)).toThrow(
        expect.objectContaining({
          code: "value_unsupported",
          details: expect.objectContaining({ path }),
        }),
      );
    }
  });

  test("with its method is a call", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 50, unit: "binary" }), fc.nat(), (method, given) => {
        expect(decodeCall(Buffer.concat(encodeCall(method, given)))).toEqual({
          method,
          value: given,
        });
      }),
    );
    expect(() => encodeCall("m".repeat(256), 1)).toThrow(
      expect.objectContaining({ code: "argument_invalid" }),
    );
  });

  test("made of any bytes is a value or channel_damaged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        for (const decode of [decodeMessage, decodeCall, decodeError]) {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toMatchObject({ code: "channel_damaged" });
          }
        }
      }),
    );
  });
});

describe("an error", () => {
  test("of Millrace keeps class, code, details, cause and stack", () => {
    const error = new StreamError(
      "executor_lost",
      { executor: "executor-1", at: new Date(5) },
      { cause: new StreamError("channel_closed", {}, { cause: new TypeError("bad") }) },
    );
    const received = failed(error);
    expect(received).toBeInstanceOf(StreamError);
    expect(received).toMatchObject({
      code: "executor_lost",
      details: error.details,
      message: error.message,
      stack: error.stack,
    });
    expect(received.cause).toMatchObject({ code: "channel_closed" });
    expect((received.cause as Error).cause).toMatchObject({ name: "TypeError", message: "bad" });
  });

  test("of Node keeps its code, one of a user its name", () => {
    const error = Object.assign(new RangeError("no"), { code: "ERR_X" });
    expect(failed(error)).toMatchObject({ name: "RangeError", message: "no", code: "ERR_X" });
    expect(failed("text")).toMatchObject({ message: "text" });
    expect(failed(undefined)).toBeInstanceOf(Error);
  });

  test("whose details cannot travel has their text", () => {
    const error = new StreamError("argument_invalid", { argument: "fn", value: () => 1 });
    expect(failed(error)).toMatchObject({ details: { argument: "fn", value: "() => 1" } });
  });

  test("that is its own cause ends", () => {
    const error = new Error("round");
    error.cause = error;
    let depth = 0;
    for (let at: unknown = failed(error); at instanceof Error; at = at.cause) depth += 1;
    expect(depth).toBe(9);
  });
});
