import { Buffer } from "node:buffer";

/** What stands in fixtures/values-v1.avro, and what its writer told about it. */
export const containerFixture = {
  records: [
    undefined,
    null,
    true,
    -1,
    2 ** 52,
    -0,
    1.5,
    Number.NaN,
    -Infinity,
    "h\u00e9llo \ud83d\ude00",
    "lone \ud800",
    2n ** 64n,
    -129n,
    [1, ["two", [null]], []],
    { origin: "SEA", delays: [3, -7], meta: { a: undefined } },
    { "\udc00": 1 },
    JSON.parse('{"__proto__":1}'),
    new Map<unknown, unknown>([
      ["k", new Set([1, "a"])],
      [{ a: 1 }, new Map()],
    ]),
    new Date(1_700_000_000_000),
    new Uint8Array([0, 255]),
    Buffer.from("buffer"),
    new Float64Array([0.5]),
    new BigInt64Array([-1n]),
    new DataView(Uint8Array.from([1, 2]).buffer),
    Uint8Array.from([3]).buffer,
  ] as unknown[],
  recordCount: 25,
  sha256: "18acde40727781a6ce4c89eecae10c92591a6925ba1214b586a624c3f3a0c734",
};
