/**
 * Owns: what the command line has from outside: where it writes, what the environment says, the clock, and how stores are
 * opened.
 */
import type { Clock } from "../base/index.ts";
import type { InspectOptions } from "../inspect/index.ts";

/** Where text goes. */
export interface TextStream {
  /** Whether a person looks at it. */
  readonly isTTY?: boolean | undefined;
  /** The width of the terminal. */
  readonly columns?: number | undefined;
  /** Takes a text; false asks for a pause, until `once("drain")` calls back. */
  write(text: string): boolean;
  once(event: "drain", listener: () => void): unknown;
}

/** All that a command may touch beside the directory it is given. */
export interface World {
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  /** Asks a question on the terminal, where there is one; undefined otherwise. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Of Node, as `22.12.0`. */
  readonly nodeVersion: string;
  /** Of this package. */
  readonly version: string;
  /** Who runs the command, for audit records. */
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** What stores are opened with, under the options of the command. */
  readonly store?: InspectOptions["store"];
}
