/** Owns: which process this is among those of the machine, and which of the others are still there. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { errnoOf } from "./file-port.ts";

/** A process, as it names itself in files that others find. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** Tells this life of the pid from an earlier one: pids come again, in a container soon. */
  readonly life: string;
  /** A number that this life has given to nobody yet. */
  nextNumber(): number;
  /** Whether a process of this pid is there, on this host. */
  isRunning(pid: number): boolean;
}

let numbersGiven = 0;

/** This process. */
export const thisProcess: ProcessIdentity = {
  host: hostname(),
  pid: process.pid,
  life: randomBytes(4).toString("hex"),
  nextNumber: () => numbersGiven++,
  isRunning: (pid) => {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      // It is there, but somebody else's.
      return errnoOf(error) === "EPERM";
    }
  },
};
