/** A broken rule: where, what is wrong there, and what to do about it. */
export interface Violation {
  readonly where: string;
  readonly what: string;
  readonly remedy: string;
}

/** One line per violation, for the message of a failing test. */
export function printViolations(violations: readonly Violation[]): string[] {
  return violations.map(({ where, what, remedy }) => `${where} ${what}; ${remedy}`);
}
