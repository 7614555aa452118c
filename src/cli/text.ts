/** Owns: how times, lengths and counts are written for people. */

/** ISO 8601, as short as it can be without a loss. */
export function timeText(timeMs: number | undefined): string {
  if (timeMs === undefined) return "-";
  const date = new Date(timeMs);
  if (Number.isNaN(date.getTime())) return String(timeMs);
  return date.toISOString().replace(".000Z", "Z");
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `1.5 KiB` */
export function byteText(bytes: number | undefined): string {
  if (bytes === undefined) return "-";
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}

const spans: readonly (readonly [name: string, ms: number])[] = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
];

/** `3 h`, by the largest unit that fits; of what is in the future 0 s. */
export function ageText(ageMs: number): string {
  const [name, ms] = spans.find(([, each]) => ageMs >= each) ?? ["s", 1000];
  return `${Math.max(0, Math.floor(ageMs / ms))} ${name}`;
}

export function numberText(value: number | undefined): string {
  return value === undefined ? "-" : String(value);
}

/** `1 key`, `2 keys` */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
