/** Owns: which process this is among those of the machine, and which of the others are still there. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
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

/** What tells whether a process that named itself is still the same one. */
export interface ProcessBeginnings {
  /**
   * When the process of this pid began, in words that no other process of this host has with the same pid; undefined where
   * it is not there, has ended, or the system does not tell.
   */
  beginningOf(pid: number): string | undefined;
}

let numbersGiven = 0;

/** This process. */
export const thisProcess: ProcessIdentity & ProcessBeginnings = {
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
  beginningOf: (pid) => {
    try {
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return beginningIn(readFileSync(`/proc/${pid}/stat`, "utf8"), boot);
    } catch {
      // Not Linux, or there is no such process.
      return undefined;
    }
  },
};

/** What stands behind the name of the program, which may hold anything: the state, and as the 20th the ticks since the boot. */
function beginningIn(stat: string, boot: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const ticks = fields[19];
  // One that has ended and that nobody has asked for yet holds nothing any more.
  if (ticks === undefined || state === "Z" || state === "X") return undefined;
  return `${boot} ${ticks}`;
}
