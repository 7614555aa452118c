/**
 * Owns: quick exclusion of a second driver on one machine, and the polite hint on shared file systems.
 * Does not own: who may commit: that is the epoch's (epochs.ts). A lock only decides who waits.
 */
import { ClassicLevel } from "classic-level";
import { lock as lockFile } from "proper-lockfile";
import { type Clock, type FilePort, StreamError, sleep, systemFiles } from "../base/index.ts";
import { makeDirectories, whyUnwritable } from "./directory-probe.ts";

/**
 * `kernel`: a lock of this machine's kernel, which goes the moment its holder dies, however it dies. `lockfile`: a file that
 * is touched every few seconds, for file systems shared by several machines, where kernels cannot see each other's locks.
 * `none`: epochs alone.
 */
export type LockKind = "kernel" | "lockfile" | "none";

/** A lock that is held. */
export interface DriverLock {
  /** Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Takes the lock of a directory of this machine, which it makes. Rejects with `driver_alive`; where nothing can be written
 * with `store_full`, `store_denied`, `directory_blocked`; else with `lock_unusable`.
 */
export async function takeLock(
  kind: LockKind,
  directory: string,
  describeHolder: () => Promise<Record<string, unknown>>,
  files: FilePort = systemFiles,
): Promise<DriverLock> {
  if (kind === "none") return { release: async () => {} };
  const take = kind === "kernel" ? takeKernelLock : takeLockFile;
  try {
    return await take(directory);
  } catch (error) {
    if (!isHeld(error)) {
      const why = await whyUnwritable(files, directory);
      if (why instanceof StreamError) throw why;
      throw new StreamError("lock_unusable", { directory, kind }, { cause: why ?? error });
    }
    throw new StreamError("driver_alive", { directory, ...(await describeHolder()) });
  }
}

/** How often a driver that leads without the lock asks for it. */
const lockRetryMs = 1000;

/**
 * Takes the lock when its holder lets go of it, however late; for a driver that has taken over from one that hangs, so that
 * the lock speaks for it when that one is gone. Releasing it ends the waiting, too.
 */
export function waitForLock(
  kind: LockKind,
  directory: string,
  { clock, failed }: { readonly clock: Clock; readonly failed: (error: unknown) => void },
): DriverLock {
  const ended = new AbortController();
  const wait = async (): Promise<DriverLock | undefined> => {
    while (!ended.signal.aborted) {
      try {
        return await takeLock(kind, directory, async () => ({}));
      } catch (error) {
        const isTaken = error instanceof StreamError && error.code === "driver_alive";
        // The epoch decides in any case.
        if (!isTaken) {
          failed(error);
          return undefined;
        }
      }
      await sleep(clock, lockRetryMs, ended.signal);
    }
    return undefined;
  };
  const held = wait();
  return {
    release: async () => {
      ended.abort();
      await (await held)?.release();
    },
  };
}

/** A LevelDB database is held by a kernel lock; nothing is ever written into this one. */
async function takeKernelLock(directory: string): Promise<DriverLock> {
  const database = new ClassicLevel(`${directory}/lock`);
  await database.open();
  return { release: () => database.close() };
}

async function takeLockFile(directory: string): Promise<DriverLock> {
  let isReleased = false;
  // It is made in the directory, which the first driver of all has yet to make.
  await makeDirectories(systemFiles, directory);
  // Losing it is no reason to die: a later driver has claimed a later epoch, which is what stops this one.
  const onCompromised = () => {};
  const release = await lockFile(directory, {
    lockfilePath: `${directory}/lockfile`,
    onCompromised,
  });
  return {
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      await release().catch(() => {});
    },
  };
}

function isHeld(error: unknown): boolean {
  const { cause, code } = error as { code?: unknown; cause?: { code?: unknown } };
  return code === "ELOCKED" || code === "LEVEL_LOCKED" || cause?.code === "LEVEL_LOCKED";
}
