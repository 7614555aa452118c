/** Owns: sorting records of which some may be undefined. */

/** The records in order, equal ones as they came. `Array.prototype.sort` alone puts undefined last, whatever the order says. */
export function ordered<T>(records: readonly T[], compare: (a: T, b: T) => number): T[] {
  if (!records.includes(undefined as T)) return records.toSorted(compare);
  return records
    .map((record) => ({ record }))
    .sort((a, b) => compare(a.record, b.record))
    .map(({ record }) => record);
}
