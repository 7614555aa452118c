/**
 * Owns: the file port on a simulated disk, for tests of faults: it counts its calls, fails those it is told to fail, and
 * rebuilds the disk as it was before any of them.
 * Does not own: what is durable (simulated-disk.ts).
 *
 * A run is the same for the same calls: nothing here waits for the machine. `for (const k of files.points())` and
 * `files.diskBefore(k)` give the disk that a process leaves that is killed just before its k-th call;
 * `files.diskWithin(k, random)` that of one killed within a write. `.afterPowerLoss(random?)` of any disk is what a power
 * cut leaves of it. The next life runs on `new SimulatedFiles({ disk })`.
 */
import {
  type DirectoryEntry,
  type FileInfo,
  type FilePort,
  type OutputFile,
  type Random,
  systemClock,
} from "../../src/base/index.ts";
import { type DiskChange, type DiskNode, SimulatedDisk } from "./simulated-disk.ts";

export type FileCall = keyof FilePort | "append" | "sync" | "close";

/** One call of the port. */
export interface CountedCall {
  /** From 0 on. */
  readonly index: number;
  readonly does: FileCall;
  readonly path: string;
}

/** How a call fails, and what of it happens all the same. */
export interface FileFault {
  readonly errno: string;
  /**
   * `nothing` of it (the default), the `whole`, or `half` of what was to be written; `lost`: what waited for a sync is
   * dropped for good, while readers still see it.
   */
  readonly effect?: "nothing" | "whole" | "half" | "lost";
}

export interface SimulatedFilesOptions {
  readonly disk?: SimulatedDisk;
  /** Asked before each call whether it fails. */
  readonly fault?: (call: CountedCall) => FileFault | undefined;
  /** The time of files that are made. */
  readonly now?: () => number;
  /**
   * How many turns of the event loop pass before a sync is made, so that whoever does not wait for it is ahead of it; none
   * by default.
   */
  readonly syncTurns?: number;
}

/** A fault for one call, and none for the others. */
export function failingAt(
  index: number,
  fault: FileFault,
): (call: CountedCall) => FileFault | undefined {
  return (call) => (call.index === index ? fault : undefined);
}

/** A fault for a call and all that come after it. */
export function failingFrom(
  index: number,
  fault: FileFault,
): (call: CountedCall) => FileFault | undefined {
  return (call) => (call.index >= index ? fault : undefined);
}

export class SimulatedFiles implements FilePort {
  /** All calls so far, in order. */
  readonly calls: CountedCall[] = [];
  readonly disk: SimulatedDisk;
  readonly #first: SimulatedDisk;
  readonly #fault: (call: CountedCall) => FileFault | undefined;
  readonly #now: () => number;
  readonly #syncTurns: number;
  readonly #times = new Map<number, number>();
  readonly #changes: { readonly call: number; readonly change: DiskChange }[] = [];
  readonly #writes = new Map<number, DiskChange>();
  #openFiles = 0;
  /** The disk before the call that was asked for last, as calls are mostly asked for in their order. */
  #before: { readonly disk: SimulatedDisk; call: number; changes: number } | undefined;

  constructor(options: SimulatedFilesOptions = {}) {
    this.disk = options.disk?.clone() ?? new SimulatedDisk();
    this.#first = this.disk.clone();
    this.#fault = options.fault ?? (() => undefined);
    this.#now = options.now ?? (() => 0);
    this.#syncTurns = options.syncTurns ?? 0;
  }

  /** Files that were made and not closed. */
  get openFiles(): number {
    return this.#openFiles;
  }

  /** Each point in time at which the process may die: before the first call up to behind the last. */
  points(): number[] {
    return Array.from({ length: this.calls.length + 1 }, (_, index) => index);
  }

  /** The disk as it was just before a call, with all that waited for a sync. */
  diskBefore(call: number): SimulatedDisk {
    let before = this.#before;
    if (before === undefined || before.call > call) {
      before = { disk: this.#first.clone(), call: 0, changes: 0 };
      this.#before = before;
    }
    for (; (this.#changes[before.changes]?.call ?? call) < call; before.changes += 1) {
      const next = this.#changes[before.changes];
      if (next !== undefined) before.disk.apply(next.change);
    }
    before.call = call;
    return before.disk.clone();
  }

  /** The disk within a call that writes, after some of its bytes; undefined of other calls. */
  diskWithin(call: number, random: Random): SimulatedDisk | undefined {
    const writing = this.#writes.get(call);
    if (writing?.does !== "write" || writing.bytes.length === 0) return undefined;
    const disk = this.diskBefore(call);
    const taken = random.nextInt(0, writing.bytes.length - 1);
    disk.apply({ ...writing, bytes: writing.bytes.subarray(0, taken) });
    return disk;
  }

  async create(path: string): Promise<OutputFile> {
    const node = this.disk.nextNode;
    this.#call("create", path, () => {
      this.#refuse("create", path, this.#placeFor(path));
      return { does: "makeFile", path, node };
    });
    this.#times.set(node, this.#now());
    this.#openFiles++;
    return {
      // As a copy: who appends may fill the same memory again, and the disk before a later call is made of this one.
      append: async (bytes) =>
        this.#call("append", path, () => ({ does: "write", node, bytes: new Uint8Array(bytes) })),
      sync: async () => {
        if (this.#syncTurns > 0) await this.#turns();
        this.#call("sync", path, () => ({ does: "syncFile", node }));
      },
      close: async () => {
        // Whatever it says, the file is not open any more.
        this.#openFiles--;
        this.#call("close", path);
      },
    };
  }

  async read(path: string): Promise<Uint8Array> {
    this.#call("read", path);
    return this.#bytesOf("read", path).slice();
  }

  async readRange(path: string, offset: number, byteCount: number): Promise<Uint8Array> {
    this.#call("readRange", path);
    return this.#bytesOf("readRange", path).slice(offset, offset + byteCount);
  }

  async syncFile(path: string): Promise<void> {
    this.#call("syncFile", path, () => ({
      does: "syncFile",
      node: this.#found("syncFile", path).number,
    }));
  }

  async stat(path: string): Promise<FileInfo> {
    this.#call("stat", path);
    const { node, number } = this.#found("stat", path);
    const byteCount = node.kind === "file" ? node.bytes.length : 0;
    return { kind: node.kind, byteCount, modifiedAtMs: this.#times.get(number) ?? 0 };
  }

  async link(path: string, newPath: string): Promise<void> {
    this.#call("link", newPath, () => {
      this.#refuse("link", newPath, this.#placeFor(newPath));
      if (this.#found("link", path).node.kind !== "file") this.#refuse("link", path, "EPERM");
      return { does: "link", path, newPath };
    });
  }

  async unlink(path: string): Promise<void> {
    this.#call("unlink", path, () => {
      if (this.#found("unlink", path).node.kind !== "file") this.#refuse("unlink", path, "EISDIR");
      return { does: "unlink", path };
    });
  }

  async makeDirectory(path: string): Promise<void> {
    const node = this.disk.nextNode;
    this.#call("makeDirectory", path, () => {
      this.#refuse("makeDirectory", path, this.#placeFor(path));
      return { does: "makeDirectory", path, node };
    });
  }

  async readDirectory(path: string): Promise<readonly DirectoryEntry[]> {
    this.#call("readDirectory", path);
    const node = this.#directoryAt("readDirectory", path);
    return [...node.entries].map(([name, child]) => ({ name, kind: this.disk.node(child).kind }));
  }

  async syncDirectory(path: string): Promise<void> {
    if (this.#syncTurns > 0) await this.#turns();
    this.#call("syncDirectory", path, () => {
      this.#directoryAt("syncDirectory", path);
      return { does: "syncDirectory", path };
    });
  }

  async #turns(): Promise<void> {
    for (let turn = 0; turn < this.#syncTurns; turn += 1) await systemClock.yieldToEventLoop();
  }

  /** Counts a call and lets it happen, or fail. */
  #call(does: FileCall, path: string, changing?: () => DiskChange): void {
    const call: CountedCall = { index: this.calls.length, does, path };
    this.calls.push(call);
    const fault = this.#fault(call);
    const effect = fault === undefined ? "whole" : (fault.effect ?? "nothing");
    if (effect !== "nothing") {
      const change = changing === undefined ? undefined : changed(changing(), effect);
      if (change !== undefined) {
        this.disk.apply(change);
        this.#changes.push({ call: call.index, change });
        if (change.does === "write") this.#writes.set(call.index, change);
      }
    }
    if (fault !== undefined) this.#refuse(does, path, fault.errno);
  }

  /** Why nothing of this name can be made, if it cannot. */
  #placeFor(path: string): string | undefined {
    const parent = this.disk.find(path.slice(0, path.lastIndexOf("/")));
    if (typeof parent === "string") return parent;
    if (parent.node.kind !== "directory") return "ENOTDIR";
    return typeof this.disk.find(path) === "string" ? undefined : "EEXIST";
  }

  #found(does: FileCall, path: string): { readonly number: number; readonly node: DiskNode } {
    const found = this.disk.find(path);
    if (typeof found !== "string") return found;
    return this.#refuse(does, path, found);
  }

  #bytesOf(does: FileCall, path: string): Uint8Array {
    const { node } = this.#found(does, path);
    return node.kind === "file" ? node.bytes : this.#refuse(does, path, "EISDIR");
  }

  #directoryAt(does: FileCall, path: string): DiskNode & { readonly kind: "directory" } {
    const { node } = this.#found(does, path);
    return node.kind === "directory" ? node : this.#refuse(does, path, "ENOTDIR");
  }

  #refuse(does: FileCall, path: string, errno: string): never;
  #refuse(does: FileCall, path: string, errno: string | undefined): void;
  #refuse(does: FileCall, path: string, errno: string | undefined): void {
    if (errno === undefined) return;
    throw Object.assign(new Error(`${errno}: simulated, ${does} '${path}'`), { code: errno });
  }
}

function changed(change: DiskChange, effect: "whole" | "half" | "lost"): DiskChange | undefined {
  if (effect === "whole") return change;
  if (effect === "half") {
    if (change.does !== "write") return undefined;
    return { ...change, bytes: change.bytes.subarray(0, change.bytes.length >> 1) };
  }
  return change.does === "syncFile" ? { does: "dropWrites", node: change.node } : undefined;
}
