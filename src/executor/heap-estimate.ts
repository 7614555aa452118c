/**
 * Owns: an estimate of what records take on the V8 heap, from samples: walking all of them would cost as much as
 * encoding them.
 */

const samplesMax = 64;
const visitsPerSampleMax = 256;

const pointerBytes = 8;
const numberBytes = 16;
const objectBytes = 24;
const arrayBytes = 48;
const entryBytes = 40;
const binaryBytes = 160;

/** About how many bytes the array and its records take on the heap, or beside it where they hold binary data. */
export function estimateHeapBytes(records: readonly unknown[]): number {
  return Math.round(sizeOfItems(records, samplesMax, () => ({ left: visitsPerSampleMax })));
}

/** How many more values a sample may visit: bounds wide and deep values, and ends cyclic ones. */
interface Visits {
  left: number;
}

function sizeOfItems(
  items: readonly unknown[],
  sampleCountMax: number,
  visitsOf: () => Visits,
): number {
  const sampleCount = Math.min(items.length, sampleCountMax);
  let sampledBytes = 0;
  for (let sample = 0; sample < sampleCount; sample++) {
    const index = Math.floor((sample * items.length) / sampleCount);
    sampledBytes += sizeOf(items[index], visitsOf());
  }
  const meanBytes = sampleCount === 0 ? 0 : sampledBytes / sampleCount;
  return arrayBytes + items.length * (pointerBytes + meanBytes);
}

function sizeOf(value: unknown, visits: Visits): number {
  visits.left--;
  switch (typeof value) {
    case "string":
      return objectBytes + value.length;
    case "number":
      return value === (value | 0) ? 0 : numberBytes;
    case "bigint":
      return objectBytes;
    case "object":
      return value === null || visits.left <= 0 ? 0 : sizeOfObject(value, visits);
    default:
      return 0;
  }
}

function sizeOfObject(value: object, visits: Visits): number {
  const within = (items: readonly unknown[]): number =>
    sizeOfItems(items, Math.min(samplesMax, Math.max(1, visits.left)), () => visits);
  if (Array.isArray(value)) return within(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return binaryBytes + value.byteLength;
  }
  if (value instanceof Map) {
    return within([...value.keys()]) + within([...value.values()]) + value.size * entryBytes;
  }
  if (value instanceof Set) return within([...value]) + value.size * entryBytes;
  return objectBytes - arrayBytes + within(Object.values(value));
}
