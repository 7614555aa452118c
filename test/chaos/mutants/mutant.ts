/** Owns: what a planted bug is. */
export interface Mutant {
  readonly name: string;
  /** From the root of the project. */
  readonly file: string;
  /** Occurs once in the file. */
  readonly text: string;
  readonly replacement: string;
  /** What kills it: a workload, and what is explored of it. */
  readonly killedBy: readonly string[];
}
