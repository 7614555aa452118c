/** Owns: where the records of a workload come from. They come one after the other, and stay, whatever dies. */
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResumableSource } from "../../../src/index.ts";
import type { Sight } from "./sight.ts";

/** A record, and when it came. */
export interface FedRecord {
  readonly record: string;
  readonly call: number;
  readonly atMs: number;
}

export interface Feed {
  readonly records: readonly FedRecord[];
  push(record: FedRecord): void;
}

export interface ReceiverFeedOptions {
  readonly source: string;
  readonly records: readonly FedRecord[];
  readonly call: () => number;
  readonly see: (sight: Sight) => void;
}

/** Records with positions, for a receiver. */
export class ReceiverFeed implements Feed, ResumableSource<string> {
  readonly records: FedRecord[];
  readonly #options: ReceiverFeedOptions;
  #more: () => void = () => {};

  constructor(options: ReceiverFeedOptions) {
    this.#options = options;
    this.records = [...options.records];
  }

  push(record: FedRecord): void {
    this.records.push(record);
    this.#more();
  }

  async *open(from: number, signal: AbortSignal) {
    const { call, see, source } = this.#options;
    see({ kind: "opened", source, from, call: call() });
    for (let position = from; !signal.aborted; position += 1) {
      const next = this.records[position];
      if (next === undefined) {
        position -= 1;
        await new Promise<void>((resolve) => {
          this.#more = resolve;
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      } else yield { position, record: next.record };
    }
  }

  acknowledge(until: number): void {
    const { call, see, source } = this.#options;
    see({ kind: "acknowledged", source, until, call: call() });
  }
}

let directory: string | undefined;

/** Files of one line in a directory of this machine; a file stream reads no other. */
export class FileFeed implements Feed {
  readonly records: FedRecord[] = [];

  constructor(records: readonly FedRecord[]) {
    for (const name of readdirSync(FileFeed.directory)) rmSync(join(FileFeed.directory, name));
    for (const record of records) this.push(record);
  }

  /** Of this process, until it ends. */
  static get directory(): string {
    if (directory !== undefined) return directory;
    const made = mkdtempSync(join(tmpdir(), "millrace-explorer-"));
    process.on("exit", () => rmSync(made, { recursive: true, force: true }));
    directory = made;
    return made;
  }

  push(record: FedRecord): void {
    const number = String(this.records.length).padStart(4, "0");
    const path = join(FileFeed.directory, number);
    writeFileSync(path, `${record.record}\n`);
    utimesSync(path, record.atMs / 1000, record.atMs / 1000);
    this.records.push(record);
  }
}
