import { expect, test } from "vitest";
import { errorOf, failureOf, isDecided } from "../../../src/store/s3-failure.ts";

const refusal = (name: string, httpStatusCode?: number): Error =>
  Object.assign(new Error(name), {
    name,
    ...(httpStatusCode === undefined ? {} : { $metadata: { httpStatusCode } }),
  });

test.each([
  ["PreconditionFailed", 412, "precondition"],
  ["UnknownError", 412, "precondition"],
  ["ConditionalRequestConflict", 409, "undecided"],
  ["OperationAborted", 409, "undecided"],
  ["BucketAlreadyExists", 409, "refused"],
  ["NoSuchBucket", 404, "bucket_missing"],
  ["NoSuchKey", 404, "missing"],
  ["NotFound", 404, "missing"],
  ["Whatever", 404, "refused"],
  ["XAdminUserNotFound", 404, "denied"],
  ["NoSuchUpload", 404, "upload_gone"],
  ["InvalidRange", 416, "range"],
  ["SlowDown", 503, "undecided"],
  ["Whatever", 500, "undecided"],
  ["Whatever", 429, "undecided"],
  ["RequestTimeout", 400, "undecided"],
  ["RequestTimeTooSkewed", 403, "undecided"],
  ["ECONNRESET", undefined, "undecided"],
  ["TimeoutError", undefined, "undecided"],
  ["NotImplemented", 501, "unsupported"],
  ["SignatureDoesNotMatch", 403, "denied"],
  ["ExpiredToken", 400, "denied"],
  ["CredentialsProviderError", undefined, "denied"],
  ["Whatever", 401, "denied"],
  ["Whatever", 507, "full"],
  ["Whatever", 400, "refused"],
  ["Whatever", 301, "refused"],
])("%s with status %s is %s", (name, status, kind) => {
  expect(failureOf(refusal(name, status)).kind).toBe(kind);
});

test("only what is undecided, or contradicts itself, is asked for again", () => {
  expect(isDecided(failureOf(refusal("SlowDown", 503)))).toBe(false);
  expect(isDecided(failureOf(refusal("IncompleteAnswer")))).toBe(false);
  expect(isDecided(failureOf(refusal("Whatever", 400)))).toBe(true);
});

test("a refusal without a code of its own is one of writing or of reading, with its cause", () => {
  const failure = failureOf(refusal("Whatever", 400));
  expect(errorOf(failure, { operation: "create", name: "a" }, {}).code).toBe("store_write_failed");
  expect(errorOf(failure, { operation: "read", name: "a" }, {}).code).toBe("store_read_failed");
  expect(errorOf(failure, { operation: "list", name: "a" }, {}).cause).toBe(failure.cause);
});

test("what is no error of S3 at all is undecided", () => {
  for (const thrown of [undefined, null, "text", { $metadata: null }, { $metadata: {} }]) {
    expect(failureOf(thrown).kind).toBe("undecided");
  }
});
