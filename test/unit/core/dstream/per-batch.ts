/** Owns: running one stream, or two, over given batches of a second each, and comparing what came out regardless of order. */
import type {
  DStream,
  StreamError,
  StreamingContext,
  StreamingContextOptions,
} from "../../../../src/index.ts";
import { seconds } from "../../../../src/index.ts";
import { runBatches, type TestBatch } from "../../../../src/testing/index.ts";

export interface PerBatchOptions {
  readonly batches?: number;
  readonly partitions?: number;
  readonly options?: Omit<StreamingContextOptions, "batchInterval" | "clock">;
}

/** What `build` makes of one stream, batch by batch. */
export function perBatch<A, T>(
  input: readonly TestBatch<A>[],
  build: (stream: DStream<A>, ssc: StreamingContext) => DStream<T>,
  options: PerBatchOptions = {},
): Promise<(T[] | null)[]> {
  return runBatches<[A], T>(
    { batchInterval: seconds(1), inputs: [input], ...options },
    (ssc, stream) => build(stream, ssc),
  );
}

/** What `build` makes of two streams, batch by batch. */
export function perBatchOfTwo<A, B, T>(
  left: readonly TestBatch<A>[],
  right: readonly TestBatch<B>[],
  build: (left: DStream<A>, right: DStream<B>, ssc: StreamingContext) => DStream<T>,
  options: PerBatchOptions = {},
): Promise<(T[] | null)[]> {
  return runBatches<[A, B], T>(
    { batchInterval: seconds(1), inputs: [left, right], ...options },
    (ssc, first, second) => build(first, second, ssc),
  );
}

/** The batches with the records of each in one order, whatever the partitions they came from. */
export function sorted<T>(batches: readonly (readonly T[] | null)[]): (readonly T[] | null)[] {
  return batches.map((batch) => batch && [...batch].sort(byText));
}

function byText(left: unknown, right: unknown): number {
  const [a, b] = [JSON.stringify(left) ?? "", JSON.stringify(right) ?? ""];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A pair of the letter with 1, for each letter. */
export function ones(letters: string): [string, number][] {
  return Array.from(letters, (letter) => [letter, 1]);
}

/** The ways to cut the same data that must make no difference. */
export const cuts: readonly (readonly [name: string, options: PerBatchOptions])[] = [
  ["one partition", {}],
  ["three input partitions", { partitions: 3 }],
  ["three partitions all over", { partitions: 3, options: { defaultParallelism: 3 } }],
];

/** What a promise rejects with; it is an error that it resolves. */
export async function caught(promise: Promise<unknown>): Promise<StreamError> {
  try {
    await promise;
  } catch (error) {
    return error as StreamError;
  }
  throw new Error("it was expected to reject");
}
