import { describe, expect, test } from "vitest";
import { udfNamed, udfNameOf, udfs } from "../../../../src/core/index.ts";
import { type StreamError, udf } from "../../../../src/index.ts";

const codeOf = (call: () => unknown): string | undefined => {
  try {
    call();
  } catch (error) {
    return (error as StreamError).code;
  }
  return undefined;
};

describe("udf", () => {
  test("gives the function itself, which is found by its name and the name by it", () => {
    const double = (n: number) => 2 * n;
    expect(udf("double", double)).toBe(double);
    expect(udfNameOf(double)).toBe("double");
    expect(udfNamed("double")).toBe(double);
    expect(udfNameOf((n: number) => 2 * n)).toBeUndefined();
  });

  test("takes the same function under the same name again", () => {
    const triple = (n: number) => 3 * n;
    udf("triple", triple);
    expect(udf("triple", triple)).toBe(triple);
  });

  test("refuses a name that another function has, and leaves it to that one", () => {
    const first = udf("taken", () => 1);
    expect(codeOf(() => udf("taken", () => 1))).toBe("udf_taken");
    expect(udfNamed("taken")).toBe(first);
  });

  test("refuses a second name for a function, and does not keep it", () => {
    const f = udf("one name", () => 1);
    expect(codeOf(() => udf("another name", f))).toBe("udf_taken");
    expect(codeOf(() => udfNamed("another name"))).toBe("udf_unknown");
  });

  test("refuses what is no function, and an empty name", () => {
    expect(codeOf(() => udf("no function", 1 as never))).toBe("argument_invalid");
    expect(codeOf(() => udf("", () => 1))).toBe("argument_invalid");
  });

  test("lists all of them by name, whatever the order in which they came", () => {
    udf("list b", () => "b");
    udf("list a", () => "a");
    const names = udfs().map(([name]) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toContain("list a");
  });
});
