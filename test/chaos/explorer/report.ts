/** Owns: what an exploration counted and found. */

/** A violation, with the line that replays it. */
export interface Finding {
  readonly probe: string;
  readonly problems: readonly string[];
}

export class Report {
  /** Distinct disks that were recovered from, by their contents; one without any file does not count. */
  readonly images = new Set<string>();
  /** Lives that went on from such a disk. */
  recoveries = 0;
  /** Of them those that went on from a life that went on itself. */
  nested = 0;
  /** Faults of calls, each another call or another fault. */
  errors = 0;
  /** Damaged disks. */
  corruptions = 0;
  /** Of them those that were refused, by the code of the refusal. */
  readonly refusals = new Map<string, number>();
  readonly findings: Finding[] = [];

  /** As plain data. */
  figures(): Record<string, number> {
    const { corruptions, errors, findings, images, nested, recoveries, refusals } = this;
    return {
      images: images.size,
      recoveries,
      nested,
      errors,
      corruptions,
      refused: [...refusals.values()].reduce((sum, count) => sum + count, 0),
      findings: findings.length,
    };
  }
}
