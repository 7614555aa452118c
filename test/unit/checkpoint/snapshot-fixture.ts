/** Owns: the state snapshots that stand in test/fixtures/v1, and what their writer told about them. */
import type { StateEntry, StateSnapshotRef } from "../../../src/checkpoint/index.ts";
import type { AvroSchema } from "../../../src/codec/index.ts";

/** A delta with values of the default codec: one with a last use, a removed key, and keys of several kinds. */
export const defaultEntries: readonly StateEntry[] = [
  { group: 17, key: "SEA", value: { count: 3, delays: [-1, 2.5] } },
  { group: 4, key: ["a", 1], value: new Map([["x", 1n]]), usedAtMs: 1_700_000_002_000 },
  { group: 99, key: "LAX", value: undefined },
  { group: 0, key: null, value: null },
];

export const defaultRef: StateSnapshotRef = {
  operatorUid: "updateStateByKey-1c9f8d2a",
  versionMs: 1_700_000_003_000,
  baseVersionMs: 1_700_000_002_000,
  stateVersion: 3,
  codecId: "value",
  name: "state/updateStateByKey-1c9f8d2a/001700000003000-0000000002",
  sha256: "46056953b42dc77ce47ee7178144684d6e4fbf9598909c0138d35668468cb04c",
  entryCount: 4,
  byteCount: 1828,
};

export const flightSchema: AvroSchema = {
  type: "record",
  name: "Flights",
  fields: [
    { name: "count", type: "long" },
    { name: "last", type: ["null", "string"], default: null },
  ],
};

/** A whole state with values of a declared schema. */
export const declaredEntries: readonly StateEntry[] = [
  { group: 17, key: "SEA", value: { count: 3, last: null } },
  { group: 18, key: "LAX", value: { count: 2 ** 40, last: "PDX" }, usedAtMs: 1_700_000_002_000 },
  { group: 19, key: "JFK", value: undefined },
];

export const declaredRef: StateSnapshotRef = {
  operatorUid: "flights",
  versionMs: 1_700_000_002_000,
  baseVersionMs: null,
  stateVersion: 1,
  codecId: "avro:5eb3d320664ff642",
  name: "state/flights/001700000002000-0000000001",
  sha256: "0a313c5eae3fd703e8d9a1605b5e355b3a8953e3b1915656094aa6a6dfe49060",
  entryCount: 3,
  byteCount: 1976,
};
