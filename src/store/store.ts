/**
 * Owns: the Store port: the HDFS-like medium that checkpoints, logs and state snapshots live on, with the smallest
 * contract that both a file system and an object store can keep.
 * Does not own: any medium (one file each), what is written (src/wal, src/checkpoint).
 *
 * Invariants of every implementation: I1 nothing is overwritten: a name is given once, and its bytes never change, but that
 * a log grows at its end. I2 an object is there whole or not at all, also after power loss. I3 what resolved is durable:
 * `create`, and `sync` of a log for all that was appended before. I4 names sort by their UTF-8 bytes. I5 what a read has
 * given, and a name that was found taken, stay, whoever wrote them: what is written down elsewhere about them stays true.
 *
 * Names are relative to the address, parts divided by "/", of the characters A-Z a-z 0-9 . _ - = only.
 */

/** An object, or a log, that is there. */
export interface StoreEntry {
  readonly name: string;
  /** Bytes as they are stored. */
  readonly byteCount: number;
}

/** What is written: at once, or in pieces, for what is too large to hold. */
export type StoreContent = Uint8Array | AsyncIterable<Uint8Array>;

/** `created`: the name is ours now, and holds what was given. `taken`: it was there already, with somebody else's bytes. */
export type Creation = "created" | "taken";

/** A log that is open for appending, by its one writer. */
export interface AppendLog {
  readonly name: string;
  /** Bytes appended so far. */
  readonly byteCount: number;
  /**
   * Hands bytes to the medium, all of them, in the order of the calls; durable with the next `sync`. Rejects with
   * `store_write_failed`, `store_full` and the like; nothing may be appended or synced after a failure, and is refused.
   */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when all that was appended before the call is durable, and the name with it. Rejects with `store_write_failed`. */
  sync(): Promise<void>;
  /** Lets go of it, without a sync. Safe to call twice. */
  close(): Promise<void>;
}

/** A medium for durable things. */
export interface Store {
  /** For people and messages: `file:/var/ckpt`, `s3://bucket/prefix`, `memory:name`. */
  readonly address: string;

  /**
   * Makes an object, durable when this resolves. After a failure it is unknown whether it is there; it may be tried again
   * under a fresh name. Rejects with `store_write_failed`, `store_full`, `store_denied`, `store_unreachable`.
   */
  create(name: string, content: StoreContent): Promise<Creation>;

  /** The whole object. Rejects with `store_missing`, `store_read_failed`, `store_denied`, `store_unreachable`. */
  read(name: string): Promise<Uint8Array>;

  /** Bytes from `offset` on, as they are stored; fewer than `byteCount` where the object ends before. Rejects as `read`. */
  readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array>;

  /** Whether there is anything of that name, as of a moment after the call. Rejects as `read`, without `store_missing`. */
  has(name: string): Promise<boolean>;

  /** Everything whose name begins with `prefix` and comes behind `after`, in the order of the names' bytes. */
  list(prefix: string, options?: { readonly after?: string }): AsyncIterable<StoreEntry>;

  /** Removes an object; one that is not there is no error. Rejects with `store_write_failed` and the like. */
  delete(name: string): Promise<void>;

  /**
   * Makes a new log, only where the medium can append; elsewhere undefined, and whoever keeps a log makes an object of each
   * group of frames. Rejects with `store_taken` when the name is there.
   */
  readonly openLog: ((name: string) => Promise<AppendLog>) | undefined;

  /** Lets go of what is open. Safe to call twice. */
  close(): Promise<void>;
}
