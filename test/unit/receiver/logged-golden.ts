/** Owns: what the blocks in test/fixtures/v1 hold, which every later release must read. */

/** Records of every kind of column, enough of them for several runs. */
export const goldenRecords: readonly unknown[] = [
  "line",
  ["word", 1],
  { carrier: "AA", delay: -3.5, at: new Date(0) },
  undefined,
  null,
  10n ** 20n,
  new Map([["k", new Set([1])]]),
  Uint8Array.of(1, 2, 3),
  ...Array.from({ length: 1000 }, (_, n) => `record ${n} ü`),
];

export const goldenBytes: Uint8Array = Uint8Array.from({ length: 300 }, (_, n) => n % 256);
