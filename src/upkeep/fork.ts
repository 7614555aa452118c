/**
 * Owns: copying what an application left into an empty place, so that other code can be tried on it.
 * Does not own: what is needed (src/recovery, src/checkpoint), the stores.
 *
 * A driver may be running. What it adds meanwhile is left out: the journal is copied first, and then what the copy tells of.
 *
 * I1. The source is not changed; into a target that is not empty nothing is written.
 * I2. A fork that succeeded can be resumed as its source could at the moment at which its journal was read.
 */
import { StreamError } from "../base/index.ts";
import { checkpointsKept, readCheckpoint } from "../checkpoint/index.ts";
import { InspectedDirectory, type InspectOptions } from "../inspect/index.ts";
import { segmentsOf } from "../receiver/index.ts";
import { journalDirectories, leftLife } from "../recovery/index.ts";
import { openStore, type Store, type StoreEntry } from "../store/index.ts";

/** What a fork came to. */
export interface ForkReport {
  readonly source: string;
  readonly target: string;
  readonly files: number;
  readonly bytes: number;
  /** What a start on the target would find, by its labelled case. */
  readonly case: string;
}

/** How far a fork is, in bytes of what is known to be needed so far. */
export type ForkProgress = (bytesDone: number, bytesTotal: number) => void;

/**
 * Copies a directory. Rejects with `fork_target_used`, with the error of a source that is not fit to be resumed, with
 * `fork_source_moved`, and with what the stores throw.
 */
export async function forkDirectory(
  source: InspectedDirectory,
  targetAddress: string,
  options: InspectOptions = {},
  progress: ForkProgress = () => {},
): Promise<ForkReport> {
  const { refusal } = await source.observe();
  if (refusal !== undefined) throw refusal;
  const { compress: _, encrypt: __, ...plain } = options.store ?? {};
  const target = await openStore(targetAddress, plain);
  const copying = new Copying(source.logs, target, progress);
  try {
    for await (const { name } of target.list("")) {
      throw new StreamError("fork_target_used", { target: target.address, found: name });
    }
    const roots = ["epoch/", `${journalDirectories.primary}/`, `${journalDirectories.mirror}/`];
    const entries: StoreEntry[] = [];
    for (const prefix of roots) entries.push(...(await source.entries(prefix)));
    await copying.copyJournal(entries);
    await copying.copy(await neededBy(source, targetAddress, options));
    const copied = await InspectedDirectory.open(targetAddress, options);
    try {
      const { decision, refusal: failure } = await copied.observe();
      if (failure !== undefined) throw failure;
      const { bytes, files } = copying;
      return { source: source.address, target: target.address, files, bytes, case: decision.label };
    } finally {
      await copied.close();
    }
  } catch (error) {
    await copying.undo();
    throw error;
  } finally {
    await target.close();
  }
}

/** What the copied journal leads to: the newest checkpoints, and what they and the events behind them refer to. */
async function neededBy(
  source: InspectedDirectory,
  targetAddress: string,
  options: InspectOptions,
): Promise<readonly StoreEntry[]> {
  const present = new Map<string, StoreEntry>();
  for (const prefix of ["blocks/", "checkpoints/", "state/"]) {
    for (const entry of await source.entries(prefix)) present.set(entry.name, entry);
  }
  const copied = await InspectedDirectory.open(targetAddress, options);
  try {
    const { journal } = await copied.observe();
    const told = journal.events.flatMap(({ event }) =>
      event.kind === "checkpoint_written" ? [event.checkpoint] : [],
    );
    const kept = told.filter(({ name }) => present.has(name)).slice(-checkpointsKept);
    const newest = kept.at(-1);
    // A driver that died before its first checkpoint was told has nothing to lose; whatever there is may be copied.
    if (newest === undefined) return [...present.values()];
    const names = new Set<string>();
    for (const ref of kept) {
      const checkpoint = await readCheckpoint(source.store, ref);
      const { knowledge } = leftLife(checkpoint, ref, ref === newest ? journal : { events: [] });
      names.add(ref.name);
      for (const { name } of knowledge.snapshots) names.add(name);
      for (const segment of segmentsOf(knowledge.blocks.snapshot())) names.add(segment);
    }
    return [...names].map((name) => {
      const entry = present.get(name);
      if (entry === undefined) throw new StreamError("fork_source_moved", { name });
      return entry;
    });
  } finally {
    await copied.close();
  }
}

const pieceBytes = 2 ** 20;

/** Copies bytes as they are stored. */
class Copying {
  readonly #source: Store;
  readonly #target: Store;
  readonly #progress: ForkProgress;
  readonly #made: string[] = [];
  #total = 0;
  files = 0;
  bytes = 0;

  constructor(source: Store, target: Store, progress: ForkProgress) {
    this.#source = source;
    this.#target = target;
    this.#progress = progress;
  }

  /** A journal has two copies where its medium appends, and one elsewhere, whatever there was at the source. */
  async copyJournal(entries: readonly StoreEntry[]): Promise<void> {
    const { mirror, primary } = journalDirectories;
    const isMirror = ({ name }: StoreEntry) => name.startsWith(`${mirror}/`);
    const hasMirror = entries.some(isMirror);
    await this.copy(entries.filter((entry) => !isMirror(entry)));
    if (this.#target.openLog === undefined) return;
    if (hasMirror) return this.copy(entries.filter(isMirror));
    const segments = entries.filter(({ name }) => name.startsWith(`${primary}/`));
    await this.copy(segments, (name) => name.replace(primary, mirror));
  }

  async copy(
    entries: readonly StoreEntry[],
    renamed: (name: string) => string = (name) => name,
  ): Promise<void> {
    this.#total += entries.reduce((sum, { byteCount }) => sum + byteCount, 0);
    for (const entry of entries) {
      await this.#copyOne(entry, renamed(entry.name));
      this.files += 1;
      this.#progress(this.bytes, this.#total);
    }
  }

  async #copyOne(entry: StoreEntry, name: string): Promise<void> {
    try {
      if ((await this.#target.create(name, this.#pieces(entry))) === "created") {
        this.#made.push(name);
        return;
      }
    } catch (error) {
      const cause =
        error instanceof StreamError && error.code === "store_missing" ? error : undefined;
      if (cause === undefined) throw error;
      throw new StreamError("fork_source_moved", { name: entry.name }, { cause });
    }
    throw new StreamError("fork_target_used", { target: this.#target.address, found: name });
  }

  /** Removes what was made: a part of a directory looks like a damaged one. What cannot be removed stays. */
  async undo(): Promise<void> {
    for (const name of this.#made) await this.#target.delete(name).catch(() => {});
  }

  async *#pieces({ byteCount, name }: StoreEntry): AsyncGenerator<Uint8Array, void, undefined> {
    // As much as there was when it was listed: a log that is being written has grown since.
    for (let offset = 0; offset < byteCount; ) {
      const length = Math.min(pieceBytes, byteCount - offset);
      const piece = await this.#source.readRange(name, offset, length);
      if (piece.length === 0) throw new StreamError("fork_source_moved", { name, offset });
      offset += piece.length;
      this.bytes += piece.length;
      yield piece;
    }
  }
}
