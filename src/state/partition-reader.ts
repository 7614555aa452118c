/**
 * Owns: what a reader of one version of one partition is given.
 * Does not own: how older versions are found (versioned-map.ts), nor how a pass goes on beside
 * later ones (version-scan.ts).
 */
import type { EntryForm } from "./entry-form.ts";
import type { StateReader, StateScan } from "./state-partition.ts";
import { VersionScan } from "./version-scan.ts";
import type { VersionedMap } from "./versioned-map.ts";

/** Gives the values as they are stored: frozen or not, never clones. */
export class PartitionReader<K, S, E> implements StateReader<K, S> {
  readonly #map: VersionedMap<K, E>;
  readonly #form: EntryForm<K, S, E>;
  readonly #version: number;

  constructor(map: VersionedMap<K, E>, form: EntryForm<K, S, E>, version: number) {
    this.#map = map;
    this.#form = form;
    this.#version = version;
  }

  get size(): number {
    return this.#map.sizeAt(this.#version);
  }

  get(key: K): S | undefined {
    const entry = this.#map.at(this.#version, key);
    return entry === undefined ? undefined : this.#form.valueOf(entry);
  }

  has(key: K): boolean {
    return this.#map.at(this.#version, key) !== undefined;
  }

  scan(): StateScan<K, S> {
    const scan = new VersionScan(this.#map, this.#version);
    return { next: (keysMax, visit) => scan.next(keysMax, this.#form.visitor(visit)) };
  }
}
