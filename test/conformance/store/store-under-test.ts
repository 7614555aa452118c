/** Owns: what the cases of the store suite are given, and the bytes and listings that they compare. */
import { expect } from "vitest";
import type { Store, StoreEntry } from "../../../src/store/index.ts";

/** A fresh, empty store, and what belongs to it. */
export interface StoreFixture {
  readonly store: Store;
  /** Another one on the same medium, as a second process would open it. */
  another(): Promise<Store>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

/** What one kind of store does not do, each with the reason, which is printed with the skipped test. */
export interface StoreSkips {
  /** Logs: append and sync. */
  readonly logs?: string;
  /** A name that is the folder of others is refused. */
  readonly folders?: string;
  /** `readRange` and `byteCount` show the bytes that were given. */
  readonly storedAsGiven?: string;
}

/** The store of the case that is running. */
export interface StoreUnderTest {
  readonly store: Store;
  readonly fixture: StoreFixture;
  readonly skips: StoreSkips;
  readonly largeBytes: number;
  readonly nameCount: number;
  /** A case that a kind of store may leave out, for the reason that stands in its place. */
  caseUnless(reason: string | undefined, title: string, run: () => Promise<void>): void;
}

export const code = (expected: string): unknown => expect.objectContaining({ code: expected });

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.slice(at, at + pieceBytes);
}

/** Bytes that do not repeat and do not compress well. */
export function mixedBytes(byteCount: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  let state = seed;
  for (let at = 0; at < byteCount; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export async function entriesOf(
  store: Store,
  prefix: string,
  options?: { after?: string },
): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const entry of store.list(prefix, options)) entries.push(entry);
  return entries;
}

export async function namesOf(store: Store, prefix: string, after?: string): Promise<string[]> {
  const entries = await entriesOf(store, prefix, after === undefined ? {} : { after });
  return entries.map(({ name }) => name);
}
