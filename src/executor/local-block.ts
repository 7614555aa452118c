/** Owns: what a block store knows of one block, and which blocks may be given up. */
import type { StorageLevel } from "../core/index.ts";
import type { BlockFile } from "./block-folder.ts";

/** Where a block is. */
export type Place =
  | { readonly kind: "records"; readonly records: readonly unknown[] }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "file"; readonly file: BlockFile }
  | { readonly kind: "gone"; readonly reason: string };

/** One block of a block store. */
export interface LocalBlock {
  readonly id: string;
  readonly level: StorageLevel;
  /** Whether a log has it, so that no file of ours need be made of it. */
  readonly isLogged: boolean;
  readonly recordCount: number;
  /** What it takes in memory while it is there. */
  readonly byteCount: number;
  /** Makes records of its serialized form. */
  readonly decode: (bytes: Uint8Array) => readonly unknown[] | Promise<readonly unknown[]>;
  place: Place;
}

const datasetBlock = /^rdd-\d+(?=-)/;

/** Whether nothing is lost when the block is given up: a dataset computes it again, or a log has it. */
export function isExpendable(block: LocalBlock): boolean {
  return block.isLogged || isRecomputable(block);
}

/** Whether the block is a partition of a dataset, which is computed again; received data is not. */
export function isRecomputable({ id }: LocalBlock): boolean {
  return datasetBlock.test(id);
}

/** Whether the block moves to disk where there is no room for it in memory. */
export function goesToDisk({ isLogged, level }: LocalBlock): boolean {
  return level.useDisk && !isLogged;
}

/** Whether both are partitions of one dataset. */
export function areOfOneDataset(block: LocalBlock, other: LocalBlock): boolean {
  const dataset = datasetBlock.exec(block.id)?.[0];
  return dataset !== undefined && dataset === datasetBlock.exec(other.id)?.[0];
}

export function isInMemory({ place }: LocalBlock): boolean {
  return place.kind === "records" || place.kind === "bytes";
}
