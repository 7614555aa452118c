/**
 * Owns: a disk in memory that knows what of it is durable: per file durable bytes and writes that wait, per directory durable
 * entries and changes of entries that wait; and what is left of it after power loss.
 * Does not own: calls, their count and their failures (simulated-files.ts).
 *
 * The model is the strict one: a sync of a file brings its bytes to the disk and not its name; a sync of a directory brings
 * its entries there and not what they lead to; whatever else waits is kept or lost piece by piece, in any combination.
 */
import { createHash, hash } from "node:crypto";
import type { Random } from "../../src/base/index.ts";

const sectorBytes = 512;

interface WaitingWrite {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface FileNode {
  readonly kind: "file";
  /** What every reader sees. */
  bytes: Uint8Array;
  durable: Uint8Array;
  waiting: WaitingWrite[];
}

interface EntryChange {
  readonly name: string;
  /** Undefined where the entry goes. */
  readonly node: number | undefined;
}

interface DirectoryNode {
  readonly kind: "directory";
  entries: Map<string, number>;
  durable: Map<string, number>;
  waiting: EntryChange[];
}

export type DiskNode = FileNode | DirectoryNode;

/** What a call does to the disk. */
export type DiskChange =
  | { readonly does: "makeFile" | "makeDirectory"; readonly path: string; readonly node: number }
  | { readonly does: "write"; readonly node: number; readonly bytes: Uint8Array }
  | { readonly does: "syncFile" | "dropWrites"; readonly node: number }
  | { readonly does: "link"; readonly path: string; readonly newPath: string }
  | { readonly does: "unlink" | "syncDirectory"; readonly path: string };

const rootNode = 0;

export class SimulatedDisk {
  readonly #nodes: Map<number, DiskNode>;

  constructor(nodes?: Map<number, DiskNode>) {
    this.#nodes = nodes ?? new Map([[rootNode, directoryNode(new Map())]]);
  }

  /** What a path leads to; the error of the system where it leads nowhere. */
  find(path: string): { readonly number: number; readonly node: DiskNode } | "ENOENT" | "ENOTDIR" {
    let number = rootNode;
    for (const part of path.split("/").filter((text) => text !== "")) {
      const node = this.#nodes.get(number);
      if (node?.kind !== "directory") return "ENOTDIR";
      const next = node.entries.get(part);
      if (next === undefined) return "ENOENT";
      number = next;
    }
    return { number, node: this.node(number) };
  }

  node(number: number): DiskNode {
    const node = this.#nodes.get(number);
    if (node === undefined) throw new Error(`the disk has no node ${number}`);
    return node;
  }

  get nextNode(): number {
    return Math.max(...this.#nodes.keys()) + 1;
  }

  apply(change: DiskChange): void {
    switch (change.does) {
      case "makeFile":
        this.#nodes.set(change.node, fileNode(new Uint8Array(0)));
        this.#setEntry(change.path, change.node);
        break;
      case "makeDirectory":
        this.#nodes.set(change.node, directoryNode(new Map()));
        this.#setEntry(change.path, change.node);
        break;
      case "write":
        write(this.#file(change.node), change.bytes);
        break;
      case "syncFile":
        syncFile(this.#file(change.node));
        break;
      case "dropWrites":
        // Readers still see them, and no later sync brings them to the disk.
        this.#file(change.node).waiting = [];
        break;
      case "link": {
        const found = this.find(change.path);
        if (typeof found === "object") this.#setEntry(change.newPath, found.number);
        break;
      }
      case "unlink":
        this.#setEntry(change.path, undefined);
        break;
      case "syncDirectory": {
        const directory = this.#directory(change.path);
        directory.durable = new Map(directory.entries);
        directory.waiting = [];
        break;
      }
    }
  }

  /** The same disk, on its own: what a killed process leaves to the next one. */
  clone(): SimulatedDisk {
    const nodes = [...this.#nodes].map(([number, node]): [number, DiskNode] => [
      number,
      node.kind === "file"
        ? { ...node, waiting: [...node.waiting] }
        : {
            ...node,
            entries: new Map(node.entries),
            durable: new Map(node.durable),
            waiting: [...node.waiting],
          },
    ]);
    return new SimulatedDisk(new Map(nodes));
  }

  /**
   * What is there after power loss: only what was synced, or, with a generator, also some of what waited: each write whole,
   * up to some byte, some sectors of it, or not at all; each change of an entry or not, whatever happened to those before it.
   */
  afterPowerLoss(random?: Random): SimulatedDisk {
    const nodes = [...this.#nodes].map(([number, node]): [number, DiskNode] => [
      number,
      node.kind === "file"
        ? fileNode(fileAfterLoss(node, random))
        : directoryNode(entriesAfterLoss(node, random)),
    ]);
    return new SimulatedDisk(new Map(nodes));
  }

  /** Every file that a path leads to, with the bytes that a reader sees. */
  files(): Map<string, Uint8Array> {
    const files = new Map<string, Uint8Array>();
    const visit = (path: string, number: number): void => {
      const node = this.node(number);
      if (node.kind === "file") files.set(path, node.bytes);
      else for (const [name, child] of node.entries) visit(`${path}/${name}`, child);
    };
    visit("", rootNode);
    return files;
  }

  /** The same disk, all of it durable, but for one file, which holds other bytes or is not there. */
  withFile(path: string, bytes: Uint8Array | undefined): SimulatedDisk {
    const disk = this.clone();
    const found = disk.find(path);
    if (typeof found === "string") throw new Error(`${path}: ${found}`);
    const slash = path.lastIndexOf("/");
    const directory = disk.#directory(path.slice(0, slash));
    if (bytes === undefined) {
      directory.entries.delete(path.slice(slash + 1));
      directory.durable.delete(path.slice(slash + 1));
    } else disk.#nodes.set(found.number, fileNode(bytes));
    return disk;
  }

  /** Two disks with the same one look the same to readers. */
  contentDigest(): string {
    const hash = createHash("sha256");
    for (const [path, bytes] of [...this.files()].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${path} ${bytesDigest(bytes)}\n`);
    }
    return hash.digest("base64");
  }

  /** Two disks with the same digest look the same to readers, and will after power loss. */
  digest(): string {
    const hash = createHash("sha256");
    const visit = (path: string, number: number): void => {
      const node = this.node(number);
      if (node.kind === "file") {
        hash.update(`${path} ${node.bytes.length} ${node.durable.length} ${node.waiting.length}\n`);
        hash.update(bytesDigest(node.bytes));
        hash.update(bytesDigest(node.durable));
        return;
      }
      const waiting = node.waiting.map((change) => `${change.name}:${change.node !== undefined}`);
      hash.update(`${path}/ ${[...node.durable.keys()].sort()} ${waiting}\n`);
      const entries = [...node.entries].sort(([a], [b]) => (a < b ? -1 : 1));
      for (const [name, child] of entries) visit(`${path}/${name}`, child);
    };
    visit("", rootNode);
    return hash.digest("hex");
  }

  #file(number: number): FileNode {
    const node = this.node(number);
    if (node.kind !== "file") throw new Error(`node ${number} is no file`);
    return node;
  }

  #directory(path: string): DirectoryNode {
    const found = this.find(path);
    if (typeof found === "string" || found.node.kind !== "directory") {
      throw new Error(`${path} is no directory`);
    }
    return found.node;
  }

  #setEntry(path: string, node: number | undefined): void {
    const slash = path.lastIndexOf("/");
    const directory = this.#directory(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (node === undefined) directory.entries.delete(name);
    else directory.entries.set(name, node);
    directory.waiting.push({ name, node });
  }
}

/** Bytes of a disk are never changed in place. */
const digests = new WeakMap<Uint8Array, string>();

function bytesDigest(bytes: Uint8Array): string {
  const known = digests.get(bytes);
  if (known !== undefined) return known;
  const digest = hash("sha256", bytes, "base64");
  digests.set(bytes, digest);
  return digest;
}

function fileNode(bytes: Uint8Array): FileNode {
  return { kind: "file", bytes, durable: bytes, waiting: [] };
}

function directoryNode(entries: Map<string, number>): DirectoryNode {
  return { kind: "directory", entries, durable: new Map(entries), waiting: [] };
}

function write(file: FileNode, bytes: Uint8Array): void {
  // A buffer that is sliced shares its memory.
  const copy = new Uint8Array(bytes);
  file.waiting.push({ offset: file.bytes.length, bytes: copy });
  file.bytes = overlaid(file.bytes, file.bytes.length, copy);
}

function syncFile(file: FileNode): void {
  for (const { offset, bytes } of file.waiting)
    file.durable = overlaid(file.durable, offset, bytes);
  file.waiting = [];
}

/** Never in place: clones share bytes. What lies before an offset and was never written is zeros. */
function overlaid(under: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(under.length, offset + bytes.length));
  result.set(under);
  result.set(bytes, offset);
  return result;
}

function fileAfterLoss(file: FileNode, random: Random | undefined): Uint8Array {
  let left = file.durable;
  if (random === undefined) return left;
  for (const { offset, bytes } of file.waiting) {
    const fate = random.nextInt(0, 3);
    if (fate === 0) left = overlaid(left, offset, bytes);
    if (fate === 1) left = overlaid(left, offset, bytes.subarray(0, cut(bytes, random)));
    if (fate === 2) left = withSomeSectors(left, { offset, bytes }, random);
  }
  return left;
}

function cut(bytes: Uint8Array, random: Random): number {
  return bytes.length === 0 ? 0 : random.nextInt(0, bytes.length - 1);
}

function withSomeSectors(under: Uint8Array, write: WaitingWrite, random: Random): Uint8Array {
  const { offset, bytes } = write;
  let left = overlaid(under, offset + bytes.length, new Uint8Array(0));
  for (let at = 0; at < bytes.length; ) {
    // Sectors of the file, not of the write.
    const end = Math.min(bytes.length, at + sectorBytes - ((offset + at) % sectorBytes));
    if (random.nextInt(0, 1) === 1) left = overlaid(left, offset + at, bytes.subarray(at, end));
    at = end;
  }
  return left;
}

function entriesAfterLoss(
  directory: DirectoryNode,
  random: Random | undefined,
): Map<string, number> {
  const left = new Map(directory.durable);
  if (random === undefined) return left;
  for (const { name, node } of directory.waiting) {
    if (random.nextInt(0, 1) === 0) continue;
    if (node === undefined) left.delete(name);
    else left.set(name, node);
  }
  return left;
}
