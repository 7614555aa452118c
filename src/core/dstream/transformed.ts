/** Owns: a stream made of several by a function over their datasets. */
import type { RDD } from "../rdd/index.ts";
import type { BodyOptions } from "./body-place.ts";
import type { AnyFunction } from "./code-hash.ts";
import { DStream } from "./dstream.ts";
import { type DatasetsOf, transformNode } from "./operators/transform.ts";

/** Streams of records of these types. */
export type StreamsOf<Ts extends readonly unknown[]> = {
  readonly [Index in keyof Ts]: DStream<Ts[Index]>;
};

/** A stream made of several by a function over their datasets, on the driver. */
export function transformed<Ts extends readonly unknown[], U>(
  streams: StreamsOf<Ts>,
  f: (datasets: DatasetsOf<Ts>, timeMs: number) => RDD<U> | Promise<RDD<U>>,
  options?: BodyOptions,
  source: AnyFunction = f,
): DStream<U> {
  const parents = streams.map((stream) => stream.node);
  return new DStream(transformNode(parents, f, options, source));
}
