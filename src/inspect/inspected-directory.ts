/**
 * Owns: opening a checkpoint directory in order to look into it: nothing in it is changed, no lock is taken, and a driver
 * may be running.
 * Does not own: what is told of it (the reports beside this file).
 */
import { StreamError } from "../base/index.ts";
import {
  type Checkpoint,
  type CheckpointRef,
  parseDurableName,
  readCheckpoint,
  type StateSnapshotRef,
} from "../checkpoint/index.ts";
import {
  checkpointOf,
  type DecodeFrame,
  inputStatesOf,
  type LeftLife,
  type Observation,
  observe,
} from "../recovery/index.ts";
import { logTransform, type Store, type StoreEntry } from "../store/index.ts";
import { nearest } from "./nearest.ts";
import { type InspectOptions, openToLook } from "./open-as-found.ts";

/** A moment of an application that a report is about. */
export interface Moment {
  /** `driver`: the newest there is, the newest checkpoint with the events behind it; else the name of a checkpoint. */
  readonly source: string;
  readonly checkpoint: Checkpoint;
}

/** A checkpoint directory that is looked at. */
export class InspectedDirectory {
  readonly address: string;
  /** Objects as they were written. */
  readonly store: Store;
  /** Where the logs are read, past the transform of whole objects. */
  readonly logs: Store;
  readonly decode: DecodeFrame;
  #observed: Promise<Observation> | undefined;

  private constructor(store: Store) {
    const { decode, store: logs } = logTransform(store);
    this.address = store.address;
    this.store = store;
    this.logs = logs;
    this.decode = decode;
  }

  /**
   * Opens a directory. Rejects with `directory_empty`, `directory_foreign`, what `openStore` throws, and what the store
   * throws where it cannot be asked.
   */
  static async open(address: string, options: InspectOptions = {}): Promise<InspectedDirectory> {
    return new InspectedDirectory(await openToLook(address, options));
  }

  /** What a start would find; read once. */
  observe(): Promise<Observation> {
    this.#observed ??= observe(this.store, this.logs, this.decode);
    return this.#observed;
  }

  /** The names under a prefix, with the lengths of what is stored. */
  async entries(prefix = ""): Promise<readonly StoreEntry[]> {
    const entries: StoreEntry[] = [];
    for await (const entry of this.logs.list(prefix)) entries.push(entry);
    return entries;
  }

  /**
   * The moment that a text names: nothing for the newest there is, the name of a checkpoint or its batch time in ms or as
   * ISO 8601. Rejects with `checkpoint_unknown`, with the error of a damaged one, and with that of the refusal.
   */
  async moment(text?: string): Promise<Moment> {
    if (text !== undefined) {
      const { journal } = await this.observe();
      const told = journal.events.flatMap(({ event }) =>
        event.kind === "checkpoint_written" ? [event.checkpoint] : [],
      );
      const known = told.find((each) => each.name === text);
      const name = known?.name ?? (await this.#checkpointName(text));
      const ref: CheckpointRef | string = told.find((each) => each.name === name) ?? name;
      return { source: name, checkpoint: await readCheckpoint(this.store, ref) };
    }
    const { left, refusal } = await this.observe();
    if (refusal !== undefined) throw refusal;
    if (left === undefined) {
      throw new StreamError("checkpoint_unknown", {
        directory: this.address,
        reason: "the driver died before it wrote its first checkpoint",
      });
    }
    return { source: "driver", checkpoint: presentOf(left) };
  }

  async #checkpointName(text: string): Promise<string> {
    const names = (await this.entries("checkpoints/")).map(({ name }) => name);
    const wanted = text.startsWith("checkpoints/") ? text : `checkpoints/${text}`;
    if (names.includes(wanted)) return wanted;
    const timeMs = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
    const ofTime = names.findLast((name) => {
      const parsed = parseDurableName(name);
      return parsed.kind === "checkpoint" && parsed.timeMs === timeMs;
    });
    if (ofTime !== undefined) return ofTime;
    const didYouMean = nearest(wanted, names)?.slice("checkpoints/".length);
    throw new StreamError("checkpoint_unknown", {
      directory: this.address,
      checkpoint: text,
      didYouMean,
    });
  }

  /** Lets go of the store. Safe to call twice. */
  close(): Promise<void> {
    return this.store.close();
  }
}

/** What the driver knew last, in the form of a checkpoint. */
export function presentOf({ checkpoint, knowledge }: LeftLife): Checkpoint {
  return checkpointOf(checkpoint, knowledge.snapshot(), inputStatesOf(checkpoint));
}

/** The newest snapshot of an operator, and all that it builds upon, the whole one first. Throws `operator_unknown`. */
export function newestSnapshot(
  checkpoint: Checkpoint,
  operatorUid: string,
): StateSnapshotRef | undefined {
  const operators = checkpoint.graph.streams.filter(({ state }) => state !== undefined);
  const ofOperator = checkpoint.snapshots.filter((each) => each.operatorUid === operatorUid);
  if (ofOperator.length === 0 && !operators.some(({ uid }) => uid === operatorUid)) {
    const known = operators.map(({ uid }) => uid);
    const didYouMean = nearest(operatorUid, known);
    throw new StreamError("operator_unknown", { operator: operatorUid, didYouMean, known });
  }
  return ofOperator.toSorted((a, b) => a.versionMs - b.versionMs).at(-1);
}
