import { describe, expect, test } from "vitest";
import { localPath } from "../../../src/base/index.ts";

const invalid = expect.objectContaining({ code: "argument_invalid" });

describe("localPath", () => {
  test.each([
    ["data/in", "data/in"],
    ["/data/in", "/data/in"],
    ["./out-12:30", "./out-12:30"],
    ["C:\\data", "C:\\data"],
    ["file:./ckpt", "./ckpt"],
    ["file:ckpt/a%20b", "ckpt/a b"],
    ["FILE:/data/a%20b", "/data/a b"],
    ["file:///data/a", "/data/a"],
    ["file://localhost/data/a", "/data/a"],
    ["file:/data/day-*/part-?#1.txt", "/data/day-*/part-?#1.txt"],
  ])("%s means %s", (address, path) => {
    expect(localPath(address)).toBe(path);
  });

  test.each(["s3://bucket/prefix", "http://host/x", "file://host/x", "file:./%zz", "file:/%2f"])(
    "%s is no place on this machine",
    (address) => {
      expect(() => localPath(address)).toThrow(invalid);
    },
  );
});
