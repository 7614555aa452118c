import { Buffer } from "node:buffer";
import fc from "fast-check";

const name = fc.oneof(
  fc.constantFrom("a", "b", "delay", "__proto__", "constructor", "", "1", "\u00e9", "\ud800"),
  fc.string({ unit: "binary", maxLength: 50 }),
);

const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.constantFrom("\ud800", "\udc00\ud800", "\ufffd", "\u00ff".repeat(70), "x".repeat(5_000)),
);

export const numberArbitrary: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, 2 ** 52, 2 ** 52 + 1, -(2 ** 52), -(2 ** 52) - 1, 2 ** 30, -(2 ** 30) - 1),
);

const binary = fc.oneof(
  fc.uint8Array(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.uint8Array().map((bytes) => bytes.slice().buffer),
  fc.uint8Array().map((bytes) => new DataView(bytes.slice().buffer)),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);

const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false),
  numberArbitrary,
  fc.bigInt(),
  fc.bigInt({ min: -300n, max: 300n }),
  text,
  fc.date({ noInvalidDate: false }),
  binary,
);

/** Any plain data value. */
export const valueArbitrary: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
    fc
      .array(fc.tuple(tie("value"), tie("value")), { maxLength: 3 })
      .map((entries) => new Map(entries)),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => new Set(items)),
  ),
})).value;

/**
 * Blocks of records that are alike in every way that the block format knows, and of such that
 * nearly are.
 */
export const recordsArbitrary: fc.Arbitrary<unknown[]> = fc.oneof(
  fc.array(valueArbitrary, { maxLength: 6 }),
  fc.array(text),
  fc.array(numberArbitrary),
  fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  fc.array(fc.tuple(text, numberArbitrary)),
  fc.array(fc.tuple(text, fc.tuple(fc.integer(), text), valueArbitrary)),
  fc.array(
    fc.record({ origin: text, delay: fc.integer(), ratio: fc.double() }, { noNullPrototype: true }),
  ),
  fc.array(
    fc.record(
      { a: fc.integer(), ["__proto__"]: text, b: valueArbitrary },
      { requiredKeys: ["a"], noNullPrototype: true },
    ),
  ),
  fc.array(fc.array(fc.oneof(text, fc.integer()), { maxLength: 3 })),
);
