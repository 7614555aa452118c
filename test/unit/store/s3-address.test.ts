import { expect, test } from "vitest";
import { readS3Address } from "../../../src/store/s3-address.ts";

test.each([
  ["s3://b", "b", ""],
  ["s3://bucket", "bucket", ""],
  ["s3://bucket/", "bucket", ""],
  ["s3://bucket/a", "bucket", "a/"],
  ["s3://my.bucket-1/a/b c/", "my.bucket-1", "a/b c/"],
])("%s names a bucket and what its keys begin with", (address, bucket, keyPrefix) => {
  expect(readS3Address(address)).toEqual({ bucket, keyPrefix });
});

test.each([
  ["file:/a", "it names no bucket"],
  ["s3:bucket/a", "it names no bucket"],
  ["s3://", "it names no bucket"],
  ["s3:///a", "it names no bucket"],
  ["s3://key:secret@host/a", "it names no bucket"],
  ["s3://bucket//", "an empty part"],
  ["s3://bucket/a//b", "an empty part"],
  ["s3://bucket/a?region=x", "options of the store"],
  ["s3://bucket/a\nb", "a control character"],
  [`s3://bucket/${"ä".repeat(61)}`, "more than 120 bytes"],
])("%j is refused, and the error says why", (address, why) => {
  expect(() => readS3Address(address)).toThrow(why);
  expect(() => readS3Address(address)).toThrow(
    expect.objectContaining({ code: "address_invalid" }),
  );
});
