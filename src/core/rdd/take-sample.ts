/** Owns: drawing a fixed number of records. */
import { StreamError, seededRandom } from "../../base/index.ts";

/** Checks a number of records; throws `argument_invalid`. */
export function checkRecordCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new StreamError("argument_invalid", { count, expected: "a whole number of 0 or more" });
  }
}

/** `count` records drawn at random; the same for the same seed. Throws `argument_invalid` for a negative count. */
export function drawSample<T>(
  records: readonly T[],
  options: { withReplacement: boolean; count: number; seed: number },
): T[] {
  const { withReplacement, count, seed } = options;
  checkRecordCount(count);
  const random = seededRandom(seed, "takeSample");
  if (records.length === 0) return [];
  if (withReplacement) {
    return Array.from({ length: count }, () => records[random.nextInt(0, records.length - 1)] as T);
  }
  const drawn = [...records];
  const size = Math.min(count, drawn.length);
  for (let index = 0; index < size; index++) {
    const other = random.nextInt(index, drawn.length - 1);
    [drawn[index], drawn[other]] = [drawn[other] as T, drawn[index] as T];
  }
  return drawn.slice(0, size);
}
