/** Owns: what a block store knows of one block, and which blocks may be given up. */
import type { Buffer } from "node:buffer";
import type { StorageLevel } from "../core/index.ts";
import type { BlockFile } from "./block-folder.ts";

/** Where a block is. */
export type Place =
  | { readonly kind: "records"; readonly records: readonly unknown[] }
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly kind: "file"; readonly file: BlockFile }
  | { readonly kind: "gone"; readonly reason: string };

/** One block of a block store. */
export interface LocalBlock {
  readonly id: string;
  readonly level: StorageLevel;
  readonly recordCount: number;
  /** What it takes in memory while it is there. */
  readonly byteCount: number;
  /** Makes records of its serialized form. */
  readonly decode: (bytes: Buffer) => readonly unknown[] | Promise<readonly unknown[]>;
  place: Place;
}

const datasetBlock = /^rdd-\d+(?=-)/;

/** Whether nothing is lost when the block is given up: a partition of a dataset is computed again, received data is not. */
export function isRecomputable({ id }: LocalBlock): boolean {
  return datasetBlock.test(id);
}

/** Whether both are partitions of one dataset. */
export function areOfOneDataset(block: LocalBlock, other: LocalBlock): boolean {
  const dataset = datasetBlock.exec(block.id)?.[0];
  return dataset !== undefined && dataset === datasetBlock.exec(other.id)?.[0];
}

export function isInMemory({ place }: LocalBlock): boolean {
  return place.kind === "records" || place.kind === "bytes";
}
