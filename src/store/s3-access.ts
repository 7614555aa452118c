/** Owns: what the parts of the store in S3 hand to each other. */
import type { S3Calls } from "./s3-calls.ts";
import type { S3Operation } from "./s3-failure.ts";
import type { S3Requests } from "./s3-requests.ts";

/** What every part of the store works with. */
export interface S3Access {
  readonly calls: S3Calls;
  readonly requests: S3Requests;
  /** A text that nobody else draws. */
  readonly drawNonce: () => string;
}

/** Where an object is to be: its name for messages, its key for S3. */
export interface S3Target {
  readonly operation: S3Operation;
  readonly key: string;
}
