/** Owns: what a driver and an executor say to each other about the partitions of states. Plain data only. */
import type { StateEntry } from "../../state/index.ts";

/** One partition of the state of one operator. */
export interface StatePlace {
  readonly uid: string;
  readonly partition: number;
}

/** What a driver has to know of a partition that is elsewhere, as of the newest version. */
export interface StateTally {
  /** How many keys hold a value. */
  readonly size: number;
  /** How many keys changed since each of the versions that snapshots were cut at, one that counts several times included. */
  readonly changedSince: readonly (readonly [versionMs: number, keys: number])[];
}

/** What is asked of the executor that has the partition, by the name of the method. Those that do not stream are
 * answered with a tally. */
export interface StateRequests {
  "state.apply": StatePlace & { readonly version: number };
  "state.load": StatePlace & {
    readonly entries: readonly StateEntry[];
    readonly version: number;
    readonly stateVersion: number;
  };
  /** Streams arrays of pairs. */
  "state.scan": StatePlace & { readonly version: number };
  /** Streams arrays of entries. */
  "state.entries": StatePlace & { readonly snapshot: number; readonly keysMax: number };
}

/** What the executor that has the partition is told, in order with what it is asked. */
export interface StateNotices {
  /** It has the partition from now on, empty. */
  "state.take": StatePlace;
  "state.discard": StatePlace;
  "state.forget": StatePlace & { readonly oldest: number };
  "state.loaded": StatePlace & { readonly version: number };
  "state.track": StatePlace & { readonly on: boolean };
  "state.cut": StatePlace & { readonly version: number };
  "state.snapshot": StatePlace & {
    readonly snapshot: number;
    readonly version: number;
    readonly base: number | undefined;
  };
  "state.confirm": StatePlace & { readonly snapshot: number };
  "state.release": StatePlace & { readonly snapshot: number };
}

/** The way to the executor that has a partition. Notices and requests arrive in the order in which they were sent. */
export interface StateLink {
  request<M extends "state.apply" | "state.load">(
    method: M,
    value: StateRequests[M],
  ): Promise<StateTally>;
  stream<M extends "state.scan" | "state.entries">(
    method: M,
    value: StateRequests[M],
  ): AsyncIterable<unknown>;
  notify<M extends keyof StateNotices>(method: M, value: StateNotices[M]): void;
}
