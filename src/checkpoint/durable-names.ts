/**
 * Owns: the names of checkpoints and state snapshots, and what any name under the address of a store stands for.
 * Does not own: the names of logs and epochs (src/recovery), what is in the things.
 *
 * Numbers are padded with zeros, so that byte order is the order of the numbers.
 */
import { createHash } from "node:crypto";
import { invariant } from "../base/index.ts";

const timeDigits = 15;
const epochDigits = 10;
const countDigits = 6;

/** What a name in a store stands for; `unknown` is nobody's business here. */
export type DurableName =
  | { readonly kind: "epoch"; readonly epoch: number }
  /** Either copy; all epochs share one row of segments. */
  | { readonly kind: "journal"; readonly segment: number }
  | {
      readonly kind: "blocks";
      /** The log without its segment: `blocks/<epoch>-<writer>`. */
      readonly log: string;
      readonly segment: number;
      readonly epoch: number;
    }
  | {
      readonly kind: "checkpoint";
      readonly timeMs: number;
      readonly epoch: number;
      readonly number: number;
    }
  | { readonly kind: "state"; readonly versionMs: number; readonly epoch: number }
  /** What a person changed, with no driver. */
  | { readonly kind: "audit"; readonly epoch: number }
  | { readonly kind: "lock" }
  | { readonly kind: "unknown" };

/** `checkpoints/<batch time>-<epoch>-<number>`; the number has more digits where an epoch has more than a million. */
export function checkpointName(name: { timeMs: number; epoch: number; number: number }): string {
  const { timeMs, epoch, number } = name;
  const count = String(number).padStart(countDigits, "0");
  return `checkpoints/${padded(timeMs, timeDigits)}-${padded(epoch, epochDigits)}-${count}`;
}

/** `audit/<epoch>`: the record of what a person changed in that epoch. */
export function auditName(epoch: number): string {
  return `audit/${padded(epoch, epochDigits)}`;
}

/** `state/<operator>/<version>-<epoch>` */
export function stateSnapshotName(name: {
  operatorUid: string;
  versionMs: number;
  epoch: number;
}): string {
  const { operatorUid, versionMs, epoch } = name;
  return `state/${safeName(operatorUid)}/${padded(versionMs, timeDigits)}-${padded(epoch, epochDigits)}`;
}

function padded(value: number, digits: number): string {
  const isNumber = Number.isSafeInteger(value) && value >= 0 && value < 10 ** digits;
  invariant(isNumber, `the number ${value} of a durable name has at most ${digits} digits`);
  return String(value).padStart(digits, "0");
}

const safeBytesMax = 100;
const keptCharacters = /[A-Za-z0-9._-]/;
/** A lone surrogate, for which UTF-8 has no bytes. */
const illFormed = /\p{Surrogate}/u;

/**
 * A text as one part of a name: other texts give other names. What names may not hold is written as `=` and two
 * hexadecimal digits for each byte; a long one is cut, and told apart by a hash behind `==`.
 */
export function safeName(text: string): string {
  const name = Array.from(text, (character, index) =>
    keptCharacters.test(character) && !(character === "." && index === 0)
      ? character
      : hexOf(character),
  ).join("");
  const isWhole = name !== "" && name.length <= safeBytesMax && !illFormed.test(text);
  if (isWhole) return name;
  const hash = createHash("sha256").update(text, "utf16le").digest("hex").slice(0, 32);
  return `${name.slice(0, 60).replace(/=.?$/, "")}==${hash}`;
}

function hexOf(character: string): string {
  return Array.from(new TextEncoder().encode(character), (byte) => `=${hexByte(byte)}`).join("");
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

/**
 * A copy of a log's segment stands next to it under a longer name, with a dot behind the numbers; it is told for the
 * segment that it is a copy of.
 */
const patterns = {
  epoch: /^epoch\/(\d{10})$/,
  journal: /^journal(?:-mirror)?\/(\d{10})-\d{10}(?:\.[^/]*)?$/,
  blocks: /^(blocks\/(\d{10})-[^/]*)-(\d{10})(?:\.[^/]*)?$/,
  checkpoint: /^checkpoints\/(\d{15})-(\d{10})-(\d{6,15})$/,
  audit: /^audit\/(\d{10})(?:\.set-aside\/.+)?$/,
  state: /^state\/[^/]+\/(\d{15})-(\d{10})$/,
} as const;

/** What a name stands for. */
export function parseDurableName(name: string): DurableName {
  const epoch = patterns.epoch.exec(name);
  if (epoch) return { kind: "epoch", epoch: Number(epoch[1]) };
  const journal = patterns.journal.exec(name);
  if (journal) return { kind: "journal", segment: Number(journal[1]) };
  const blocks = patterns.blocks.exec(name);
  if (blocks) {
    const [, log = "", life, segment] = blocks;
    return { kind: "blocks", log, segment: Number(segment), epoch: Number(life) };
  }
  const checkpoint = patterns.checkpoint.exec(name);
  if (checkpoint) {
    const [timeMs = 0, life = 0, number = 0] = checkpoint.slice(1).map(Number);
    return { kind: "checkpoint", timeMs, epoch: life, number };
  }
  const audit = patterns.audit.exec(name);
  if (audit) return { kind: "audit", epoch: Number(audit[1]) };
  const state = patterns.state.exec(name);
  if (state) return { kind: "state", versionMs: Number(state[1]), epoch: Number(state[2]) };
  return { kind: name.startsWith("lock/") ? "lock" : "unknown" };
}
