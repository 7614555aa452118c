/** Owns: the error codes of base itself. */
import type { ErrorEntry } from "./error-entry.ts";

export const baseErrors = {
  invariant_violated: {
    kind: "bug",
    message: "an invariant of millrace does not hold",
    help: "report this with the stack",
  },
  argument_invalid: {
    kind: "usage",
    message: "an argument is not valid",
    help: "pass a value of the form that is named",
  },
  package_missing: {
    kind: "usage",
    message: "an optional package cannot be loaded",
    help: "install it beside millrace by the command that is named, or see the cause",
  },
  clock_advancing: {
    kind: "usage",
    message: "the manual clock is already being advanced",
    help: "await the first advance before the next",
  },
} as const;

baseErrors satisfies Record<string, ErrorEntry>;
