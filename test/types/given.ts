/** Owns: the streams and datasets that the type tests begin with. They are declared only: type tests are never run. */
import type { DStream, RDD, StreamingContext } from "../../src/index.ts";

export declare const ssc: StreamingContext;

export declare const lines: DStream<string>;
export declare const numbers: DStream<number>;
export declare const mixed: DStream<string | number>;
export declare const counts: DStream<[string, number]>;
export declare const cities: DStream<[string, { city: string }]>;
export declare const parsed: DStream<Json>;

export declare const lineSet: RDD<string>;
export declare const numberSet: RDD<number>;
export declare const mixedSet: RDD<string | number>;
export declare const countSet: RDD<[string, number]>;
export declare const citySet: RDD<[string, { city: string }]>;

/** What `JSON.parse` gives: any. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Flight {
  readonly origin: string;
  readonly destination: string;
  readonly delay: number;
}

export declare const flights: DStream<Flight>;
export declare const flightSet: RDD<Flight>;

export declare function lookUp(text: string): Promise<number>;
