/**
 * Owns: the epochs of a driver: claiming the next one, and knowing whether a later one was claimed. They are the authority on
 * who may acknowledge and commit.
 * Does not own: quick exclusion on one machine (driver-lock.ts).
 *
 * Invariants: I1 an epoch belongs to the one who created its record, for ever: records are never deleted, so that no stalled
 * driver can create one a second time. I2 a probe begins after the call that asks for it: what was made durable before the
 * call was made so while no later epoch was there, or the call rejects.
 */
import { type ProcessBeginnings, type ProcessIdentity, StreamError } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { epochName, epochOfName, epochPrefix } from "./layout.ts";

/** Who lives, or lived, in an epoch. */
export interface EpochRecord {
  readonly epoch: number;
  readonly applicationName: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAtMs: number;
  /** Tells two drivers apart that claim at the same time. */
  readonly nonce: string;
  /** When its process began, in the words of `ProcessBeginnings`; on systems that tell it. */
  readonly processBeginning?: string;
  /** Whether it claimed its epoch while another driver held the lock, so that the lock says nothing of it. */
  readonly tookOver?: boolean;
}

/** The largest number that a record can have, and still be followed by another. */
const epochMax = 10 ** 10 - 2;

/**
 * The newest epoch of which there is a record, at or after `from`; 0 where there is none. Rejects with `epoch_foreign` for
 * what is no record, or one that no driver can follow: drivers count them from 1 on.
 */
export async function newestEpoch(store: Store, from = 0): Promise<number> {
  let newest = from;
  const after = epochName(from);
  for await (const { name } of store.list(epochPrefix, { after })) {
    const epoch = epochOfName(name);
    if (epoch === undefined || epoch > epochMax) throw foreign(store, name);
    newest = Math.max(newest, epoch);
  }
  return newest;
}

function foreign({ address: directory }: Store, file: string, cause?: unknown): StreamError {
  const options = cause === undefined ? {} : { cause };
  return new StreamError("epoch_foreign", { directory, file }, options);
}

/** Claims an epoch. Rejects with `epoch_superseded` when somebody else has it, `epoch_foreign` when something else has its name. */
export async function claimEpoch(store: Store, record: EpochRecord): Promise<void> {
  const text = `${JSON.stringify({ format: 1, ...record }, undefined, 2)}\n`;
  const name = epochName(record.epoch);
  const creation = await store.create(name, new TextEncoder().encode(text)).catch((error) => {
    const isInTheWay = error instanceof StreamError && error.code === "store_name_invalid";
    throw isInTheWay ? foreign(store, name, error) : error;
  });
  if (creation === "created") return;
  throw new StreamError("epoch_superseded", {
    directory: store.address,
    epoch: record.epoch,
    ...holderOf(await readEpoch(store, record.epoch)),
  });
}

/** Who has, or had, an epoch; undefined where there is no such record, or none that can be read. */
export async function readEpoch(store: Store, epoch: number): Promise<EpochRecord | undefined> {
  if (epoch === 0 || !(await store.has(epochName(epoch)))) return undefined;
  try {
    const text = new TextDecoder().decode(await store.read(epochName(epoch)));
    return asRecord(JSON.parse(text));
  } catch (error) {
    // It is for messages only: that the record is there is what counts.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** It is for people; what makes no sense is left out rather than hiding what the message is about. */
function asRecord(value: unknown): EpochRecord | undefined {
  const record = value as Partial<EpochRecord> | null;
  const isDate = Number.isFinite(new Date(record?.startedAtMs ?? Number.NaN).getTime());
  return isDate ? (record as EpochRecord) : undefined;
}

/** What messages tell of the driver that has an epoch. */
export function holderOf(record: EpochRecord | undefined): Record<string, unknown> {
  if (record === undefined) return {};
  const { host, pid, startedAtMs } = record;
  return { host, pid, since: new Date(startedAtMs).toISOString() };
}

/** What the record of an epoch tells of the process that claims it. */
export function holderIn(
  process: Pick<ProcessIdentity, "host" | "pid"> & ProcessBeginnings,
  { tookOver }: { readonly tookOver: boolean },
): Pick<EpochRecord, "host" | "pid" | "processBeginning" | "tookOver"> {
  const { host, pid } = process;
  const processBeginning = tookOver ? process.beginningOf(pid) : undefined;
  return {
    host,
    pid,
    ...(tookOver ? { tookOver } : {}),
    ...(processBeginning === undefined ? {} : { processBeginning }),
  };
}

/**
 * Whether the driver of an epoch has taken over without the lock, and its process is another one of this host that lives:
 * whoever has the lock then has only what the driver before it left behind.
 */
export function isLivingTaker(
  record: EpochRecord | undefined,
  process: Pick<ProcessIdentity, "host" | "pid"> & ProcessBeginnings,
): boolean {
  if (record?.tookOver !== true || record.host !== process.host) return false;
  const { pid, processBeginning } = record;
  if (pid === process.pid || processBeginning === undefined) return false;
  return process.beginningOf(pid) === processBeginning;
}

/** Asks whether a driver still leads. */
export class EpochFence {
  readonly epoch: number;
  readonly #store: Store;
  #underWay: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(store: Store, epoch: number) {
    this.#store = store;
    this.epoch = epoch;
  }

  /** Rejects with `epoch_superseded` when there is a later epoch. All who ask while a probe is under way share the next one. */
  assertLeading(): Promise<void> {
    if (this.#underWay === undefined) return this.#begin();
    this.#next ??= this.#underWay.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#next = undefined;
    const probe = this.#probe().finally(() => {
      if (this.#underWay === probe) this.#underWay = undefined;
    });
    this.#underWay = probe;
    return probe;
  }

  async #probe(): Promise<void> {
    const next = this.epoch + 1;
    if (!(await this.#store.has(epochName(next)))) return;
    throw new StreamError("epoch_superseded", {
      directory: this.#store.address,
      epoch: next,
      ...holderOf(await readEpoch(this.#store, next)),
    });
  }
}
