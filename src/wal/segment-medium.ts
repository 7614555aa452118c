/**
 * Owns: how a segment reaches its medium: as a log that grows, in one copy or two, or as one object.
 * Does not own: the bytes (segment-encoder.ts), what a failure means (log-writer.ts).
 *
 * I1. What resolved is durable in every copy. I2. After a rejection nothing goes on in the background: all copies have settled.
 */
import { Buffer } from "node:buffer";
import { StreamError } from "../base/index.ts";
import type { AppendLog, Store } from "../store/index.ts";

/** A segment that is being written. */
export interface OpenSegment {
  /** Makes the pieces durable, behind what came before. */
  commit(pieces: readonly Uint8Array[]): Promise<void>;
  /** Makes the footer durable and lets go of the segment. */
  seal(footer: Uint8Array): Promise<void>;
  /** Lets go of it as it is. */
  abandon(): Promise<void>;
}

/** Opens a segment of these names, the primary copy first. Rejects with `log_taken` where one is there already. */
export async function openAppended(
  openLog: NonNullable<Store["openLog"]>,
  names: readonly string[],
): Promise<OpenSegment> {
  const opened = await Promise.allSettled(names.map((name) => openLog(name)));
  const logs = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failure = opened.find((each) => each.status === "rejected");
  if (failure !== undefined) {
    await closeAll(logs);
    throw takenOr(failure.reason);
  }
  const inEach = (work: (log: AppendLog) => Promise<void>) => allSettled(logs.map(work));
  return {
    commit: (pieces) => inEach((log) => appendAndSync(log, pieces)),
    seal: async (footer) => {
      await inEach((log) => appendAndSync(log, [footer]));
      await closeAll(logs);
    },
    abandon: () => closeAll(logs),
  };
}

/** Makes a whole segment out of one object. Rejects with `log_taken` where the name is there already. */
export async function createSegmentObject(
  store: Pick<Store, "create">,
  name: string,
  pieces: readonly Uint8Array[],
): Promise<void> {
  const creation = await store.create(name, Buffer.concat(pieces));
  if (creation === "taken") throw new StreamError("log_taken", { file: name });
}

async function appendAndSync(log: AppendLog, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) await log.append(piece);
  await log.sync();
}

/** As Promise.all, but the copies that go on are waited for: nothing may be closed under them. */
async function allSettled(works: readonly Promise<void>[]): Promise<void> {
  const failure = (await Promise.allSettled(works)).find((each) => each.status === "rejected");
  if (failure !== undefined) throw asError(failure.reason);
}

async function closeAll(logs: readonly AppendLog[]): Promise<void> {
  await allSettled(logs.map((log) => log.close()));
}

function takenOr(reason: unknown): Error {
  const isTaken = reason instanceof StreamError && reason.code === "store_taken";
  return isTaken
    ? new StreamError("log_taken", reason.details, { cause: reason })
    : asError(reason);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
