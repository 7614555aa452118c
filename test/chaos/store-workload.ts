/**
 * Owns: a workload of a local store that remembers what the store promised and when, and the check of a disk that a crash
 * has left against those promises.
 */
import { expect } from "vitest";
import { type FilePort, type ProcessIdentity, StreamError } from "../../src/base/index.ts";
import {
  type AppendLog,
  LocalStore,
  type Store,
  type StoreContent,
} from "../../src/store/index.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import type { SimulatedDisk } from "../support/simulated-disk.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";

export const root = "/var/app/ckpt";

/** Something that has to hold of every disk that is left behind `since` calls or more. */
interface Promised {
  readonly since: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a run of the workload has done and heard. */
export interface History {
  /** Objects that were created, for good. */
  readonly created: Promised[];
  /** What of a log is synced. */
  readonly synced: Promised[];
  /** All that may be found under a name: whole for objects, any beginning for logs. */
  readonly possible: Map<string, Uint8Array[]>;
  /** Names whose deletion was begun, and when. */
  readonly deleting: Map<string, number>;
  readonly logs: Set<string>;
  readonly failures: unknown[];
}

const bytesOf = (byteCount: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: byteCount }, (_, index) => (index * 31 + seed) % 251);

/** A life of a process: of the same host, and dead before the next begins. */
export function processOf(life: number): ProcessIdentity {
  const pid = 100 + life;
  let number = 0;
  return {
    host: "host",
    pid,
    life: `life-${life}`,
    nextNumber: () => number++,
    isRunning: (other) => other === pid,
  };
}

export function storeOn(files: FilePort, life: number): LocalStore {
  return new LocalStore(root, { files, clock: new ManualClock(), process: processOf(life) });
}

export interface Workload {
  readonly history: History;
  readonly run: () => Promise<void>;
}

/** The calls of one process, of which each may fail; `now` is how many calls of the files were made. */
export function workloadOf(store: Store, now: () => number): Workload {
  const history: History = {
    created: [],
    synced: [],
    possible: new Map(),
    deleting: new Map(),
    logs: new Set(),
    failures: [],
  };

  async function attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      history.failures.push(error);
    }
  }

  const create = (name: string, byteCount: number, pieceBytes?: number): Promise<void> =>
    attempt(async () => {
      const bytes = bytesOf(byteCount, name.length + byteCount);
      history.possible.set(name, [...(history.possible.get(name) ?? []), bytes]);
      const content: StoreContent = pieceBytes === undefined ? bytes : pieces(bytes, pieceBytes);
      const creation = await store.create(name, content);
      if (creation === "created") history.created.push({ since: now(), name, bytes });
      else history.created.push({ since: now(), name, bytes: await store.read(name) });
    });

  const remove = (name: string): Promise<void> =>
    attempt(async () => {
      history.deleting.set(name, now());
      await store.delete(name);
    });

  async function append(log: AppendLog, soFar: Uint8Array[], bytes: Uint8Array): Promise<void> {
    soFar.push(bytes);
    history.possible.set(log.name, [Buffer.concat(soFar)]);
    await attempt(() => log.append(bytes));
  }

  async function sync(log: AppendLog, soFar: readonly Uint8Array[]): Promise<void> {
    const bytes = Buffer.concat(soFar);
    await attempt(async () => {
      await log.sync();
      history.synced.push({ since: now(), name: log.name, bytes });
    });
  }

  async function writeLog(name: string): Promise<void> {
    history.logs.add(name);
    history.possible.set(name, [new Uint8Array(0)]);
    await attempt(async () => {
      const log = await store.openLog?.(name);
      if (log === undefined) throw new Error("local stores have logs");
      const soFar: Uint8Array[] = [];
      await append(log, soFar, bytesOf(700, 3));
      await sync(log, soFar);
      await append(log, soFar, bytesOf(90, 4));
      await append(log, soFar, bytesOf(1400, 5));
      await sync(log, soFar);
      await append(log, soFar, bytesOf(300, 6));
      await attempt(() => log.close());
    });
  }

  const run = async (): Promise<void> => {
    await create("epoch/0000000001", 60);
    await writeLog("journal/0000000001-0000000001");
    await create("state/op/000000000001000-0000000001", 2500, 600);
    await create("epoch/0000000001", 61);
    await Promise.all([
      create("checkpoints/1", 300),
      create("checkpoints/2", 0),
      writeLog("blocks/1"),
    ]);
    await remove("checkpoints/1");
    await create("checkpoints/3", 900, 300);
    await create("plain", 10);
    await attempt(() => store.close());
  };
  return { history, run };
}

async function* pieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

/** What the next process finds: everything that a listing names, read. */
export async function readAll(store: Store): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for await (const { name, byteCount } of store.list("")) {
    const bytes = await store.read(name);
    expect(bytes.length, `length of ${name}`).toBe(byteCount);
    found.set(name, bytes);
  }
  return found;
}

/** What breaks a promise in what was found on a disk that was left behind `call` calls. */
export function brokenPromises(
  history: History,
  call: number,
  found: ReadonlyMap<string, Uint8Array>,
): string[] {
  const broken: string[] = [];
  const isDeleting = (name: string): boolean => (history.deleting.get(name) ?? Infinity) <= call;
  for (const { since, name, bytes } of history.created) {
    if (since > call || isDeleting(name)) continue;
    const is = found.get(name);
    if (is === undefined) broken.push(`created and gone: ${name}`);
    else if (Buffer.compare(is, bytes) !== 0) broken.push(`created and changed: ${name}`);
  }
  for (const { since, name, bytes } of history.synced) {
    if (since > call) continue;
    const is = found.get(name)?.subarray(0, bytes.length);
    if (is === undefined) broken.push(`synced and gone: ${name}`);
    else if (Buffer.compare(is, bytes) !== 0) broken.push(`synced and changed: ${name}`);
  }
  for (const [name, bytes] of found) {
    if (history.logs.has(name)) continue;
    const possible = history.possible.get(name) ?? [];
    if (!possible.some((one) => Buffer.compare(one, bytes) === 0))
      broken.push(`not whole: ${name}`);
  }
  return broken;
}

/**
 * The life after a crash: it finds what was promised, goes on writing, and leaves nothing unfinished behind; and when the
 * power goes right after it has read, what it has read is still there. Of a log whose sync the disk has failed nobody can
 * know that: the system shows the bytes it dropped, and syncs them with success.
 */
export async function problemsAfter(
  history: History,
  call: number,
  disk: SimulatedDisk,
  { mayMissLogs = false }: { readonly mayMissLogs?: boolean } = {},
): Promise<string[]> {
  const life = 2;
  const reading = new SimulatedFiles({ disk });
  const found = await readAll(storeOn(reading, life));
  const problems = brokenPromises(history, call, found);

  const later = await readAll(
    storeOn(new SimulatedFiles({ disk: reading.disk.afterPowerLoss() }), life),
  );
  for (const [name, bytes] of found) {
    if (mayMissLogs && history.logs.has(name)) continue;
    const is = later.get(name)?.subarray(0, bytes.length);
    if (is === undefined || Buffer.compare(is, bytes) !== 0)
      problems.push(`read and lost: ${name}`);
  }

  const writing = new SimulatedFiles({ disk });
  const next = storeOn(writing, life);
  const name = `epoch/${String(life).padStart(10, "0")}`;
  if ((await next.create(name, bytesOf(5, life))) !== "created") problems.push(`taken: ${name}`);
  const unfinished = [...writing.disk.files().keys()].filter((path) => path.includes("~"));
  problems.push(...unfinished.map((path) => `left unfinished: ${path}`));
  const kept = storeOn(new SimulatedFiles({ disk: writing.disk.afterPowerLoss() }), life);
  if (!(await kept.has(name))) problems.push(`created and gone in the next life: ${name}`);
  return problems;
}

/** The failures of a workload that are not what a store may answer. */
export function strangeFailures(history: History): string[] {
  const allowed = ["store_full", "store_denied", "store_write_failed", "store_read_failed"];
  return history.failures
    .filter((error) => !(error instanceof StreamError && allowed.includes(error.code)))
    .map(String);
}
