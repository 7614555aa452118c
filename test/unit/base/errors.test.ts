import { describe, expect, test } from "vitest";
import { errorCodes } from "../../../src/base/error-codes.ts";
import { type ErrorCode, invariant, reasonOf, StreamError } from "../../../src/base/index.ts";

const codes = Object.keys(errorCodes) as ErrorCode[];

describe("the table of error codes", () => {
  test("says of each what happened, in lower case, and what to do next, in one line each", () => {
    for (const code of codes) {
      const { kind, message, help } = errorCodes[code];
      expect(code).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)+$/);
      expect(kind).toMatch(/^(usage|user|unavailable|closed|data|bug)$/);
      expect(message).toMatch(/^[a-z][^\n]{1,97}[^.!\s]$/);
      expect(help).toMatch(/^[a-z][^\n]{1,157}[^.!\s]$/);
    }
  });

  test("says something of its own for each code", () => {
    const messages = codes.map((code) => errorCodes[code].message);
    expect(new Set(messages).size).toBe(codes.length);
  });
});

describe("a StreamError", () => {
  test("tells what happened, why, with which values, and the next step", () => {
    const cause = new Error("disk full");
    const error = new StreamError("block_unwritable", { block: "b-1", count: 2 }, { cause });
    const { help, message } = errorCodes.block_unwritable;
    expect(error.message).toBe(
      `${message}: disk full; block=\`b-1\` count=\`2\`; ${help} [block_unwritable]`,
    );
    expect(error.code).toBe("block_unwritable");
    expect(error.kind).toBe("unavailable");
    expect(error.help).toBe(help);
    expect(error.details).toEqual({ block: "b-1", count: 2 });
    expect(error.cause).toBe(cause);
    expect(error.name).toBe("StreamError");
    expect(error).toBeInstanceOf(Error);
  });

  test("leaves out what is not there", () => {
    const { help, message } = errorCodes.dataset_empty;
    expect(new StreamError("dataset_empty", { operator: undefined }).message).toBe(
      `${message}; ${help} [dataset_empty]`,
    );
    expect(new StreamError("dataset_empty").details).toEqual({});
    expect("cause" in new StreamError("dataset_empty")).toBe(false);
  });

  test("prints any value, as JSON where that is possible, and no more of it than 200 characters", () => {
    const print = (value: unknown) => new StreamError("argument_invalid", { value }).message;
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(print({ a: [1] })).toContain('value=`{"a":[1]}`');
    expect(print(null)).toContain("value=`null`");
    expect(print(10n)).toContain("value=`10`");
    expect(print(Symbol("s"))).toContain("value=`Symbol(s)`");
    expect(print(cyclic)).toContain("value=`[object Object]`");
    expect(print("x".repeat(201))).toContain(`value=\`${"x".repeat(200)}...\``);
  });
});

describe("reasonOf", () => {
  test("is the message of an error, or the thing itself as text", () => {
    expect(reasonOf(new TypeError("wrong"))).toBe("wrong");
    expect(reasonOf("a text")).toBe("a text");
    expect(reasonOf({ code: 7 })).toBe('{"code":7}');
    expect(reasonOf(undefined)).toBe("undefined");
  });
});

describe("invariant", () => {
  test("throws a bug where what was relied on does not hold", () => {
    expect(() => invariant(1 + 1 === 2, "sums are right")).not.toThrow();
    expect(() => invariant(false, "the queue is sorted")).toThrow(
      expect.objectContaining({
        code: "invariant_violated",
        kind: "bug",
        details: { claim: "the queue is sorted" },
      }),
    );
  });
});
