/** Owns: the keyed state of one operator, as the stages that bring it forward and the datasets that read it see it. */
import type { StateReader, StateUpdate } from "./state-partition.ts";

/** The part of a state that tasks work with: all of it, or the partitions that this process has. See `VersionedState`. */
export interface KeyedState<K, S> {
  /** Gets the backend ready; undefined where it is. */
  open(): Promise<void> | undefined;
  begin(partition: number, version: number): StateUpdate<K, S>;
  complete(update: StateUpdate<K, S>): void | Promise<void>;
  restart(version: number): void;
  isComplete(partition: number, version: number): boolean;
  isVisible(version: number): boolean;
  read(partition: number, version: number): StateReader<K, S>;
  forget(beforeVersion: number): void;
  close(): Promise<void>;
}
