/**
 * Owns: a checkpoint directory in the hands of a context that has not begun: its store, its lock, and what was found there.
 * Does not own: what is decided (src/recovery), the life that begins on it (durable-run.ts).
 * Invariant: I1 until a life begins nothing in the directory is changed, but the lock.
 */
import {
  type Clock,
  type Logger,
  localPath,
  objectArgument,
  optionalChoice,
  StreamError,
  textArgument,
  thisProcess,
} from "../base/index.ts";
import {
  type DriverLock,
  type DurableMedium,
  holderOf,
  type LeftLife,
  type LockKind,
  newestEpoch,
  type Observation,
  observe,
  readEpoch,
  refuseWhileTakerLives,
  takeLock,
  waitForLock,
} from "../recovery/index.ts";
import { logTransform, type OpenStoreOptions, openStore, type Store } from "../store/index.ts";

/** How a checkpoint directory is opened. */
export interface CheckpointDirectoryOptions {
  /** The server and credentials of its store, and the like. */
  readonly store?: OpenStoreOptions;
  /**
   * What keeps a second driver off (default `kernel` for a directory of this machine, `none` for other stores). Epochs do
   * so in any case; a lock only tells it sooner.
   */
  readonly lock?: LockKind;
  /** Claims the next epoch although another driver holds the lock: for one that hangs. */
  readonly takeOver?: boolean;
}

/** Throws `argument_invalid` for what cannot be the address of a directory, or an option of it. */
export function checkDirectory(address: string, options: CheckpointDirectoryOptions): void {
  textArgument("directory", address);
  const { lock, store, takeOver } = objectArgument("options", options);
  optionalChoice("lock", lock, ["kernel", "lockfile", "none"]);
  optionalChoice("takeOver", takeOver, [true, false]);
  if (store !== undefined) objectArgument("store", store);
}

/** An opened checkpoint directory. */
export class DurableDirectory {
  readonly address: string;
  readonly medium: DurableMedium;
  readonly observation: Observation;
  /** Whether it was opened past a driver that held the lock. */
  readonly tookOver: boolean;
  /** How long the opening took, in ms. */
  readonly observedMs: number;
  readonly #lock: DriverLock | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    store: Store,
    lock: TakenLock | undefined,
    observation: Observation,
    observedMs: number,
  ) {
    this.address = store.address;
    this.medium = mediumOf(store);
    this.observation = observation;
    this.tookOver = lock?.tookOver ?? false;
    this.observedMs = observedMs;
    this.#lock = lock?.held;
  }

  /**
   * Opens a directory and looks into it. Rejects with `driver_alive` while another driver holds the lock, with the error of
   * the case that refuses what is there, and with what the store throws.
   */
  static async open(
    address: string,
    options: CheckpointDirectoryOptions,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ): Promise<DurableDirectory> {
    const beganMs = clock.monotonicNow();
    const store = await openStore(address, options.store);
    let lock: TakenLock | undefined;
    try {
      lock = await locked(store, options, { clock, logger });
      const { decode, logs } = mediumOf(store);
      const observation = await observe(store, logs, decode);
      if (lock?.tookOver === false && options.takeOver !== true) {
        await refuseWhileTakerLives(store, observation, thisProcess);
      }
      if (observation.refusal !== undefined) throw observation.refusal;
      return new DurableDirectory(store, lock, observation, clock.monotonicNow() - beganMs);
    } catch (error) {
      await lock?.held.release();
      await store.close();
      throw error;
    }
  }

  /** What an earlier life left; undefined where this is the first. */
  get left(): LeftLife | undefined {
    return this.observation.left;
  }

  /** Lets go of the lock and the store. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.medium.store.close();
    await this.#lock?.release();
  }
}

/** Logs are read by ranges, past the transform of whole objects: their frames have one of their own. */
export function mediumOf(store: Store): DurableMedium {
  const { decode, encode, store: logs } = logTransform(store);
  return { store, logs, encode, decode };
}

/** A lock, or the waiting for it. */
interface TakenLock {
  readonly held: DriverLock;
  readonly tookOver: boolean;
}

/** Undefined where epochs alone keep others off. */
async function locked(
  store: Store,
  { lock, takeOver = false }: CheckpointDirectoryOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<TakenLock | undefined> {
  const isLocal = store.address.startsWith("file:");
  const kind = lock ?? (isLocal ? "kernel" : "none");
  if (kind === "none") return undefined;
  if (!isLocal) {
    const expected = '"none": a lock needs a directory of this machine';
    throw new StreamError("argument_invalid", { argument: "lock", value: kind, expected });
  }
  const directory = localPath(store.address);
  const holder = async () => holderOf(await readEpoch(store, await newestEpoch(store)));
  try {
    return { held: await takeLock(kind, directory, holder), tookOver: false };
  } catch (error) {
    const isHeld = error instanceof StreamError && error.code === "driver_alive";
    if (!isHeld || !takeOver) throw error;
    logger.warn("taking over from a driver that holds the lock", error);
    const failed = (reason: unknown) => logger.warn("the lock cannot be taken any more", reason);
    return { held: waitForLock(kind, directory, { clock, failed }), tookOver: true };
  }
}
