import assert from "node:assert/strict";
import { encodeKey } from "../../src/codec/index.ts";
import type { StateReader, StateScan, StateUpdate, VersionedState } from "../../src/state/index.ts";

/** What a version holds for a key, said as plainly as possible. */
interface Held {
  readonly key: unknown;
  readonly value: object;
  readonly usedAt: number;
  readonly order: number;
}
type Version = ReadonlyMap<string, Held>;
/** Undefined: deleted. */
type Overlay = Map<string, { readonly key: unknown; readonly value: object | undefined }>;

interface Attempt {
  readonly update: StateUpdate<unknown, object>;
  readonly overlay: Overlay;
}
interface OpenScan {
  readonly version: number;
  readonly scan: StateScan<unknown, object>;
  readonly expected: Version;
  readonly visited: Map<string, object>;
  done: boolean;
}

/**
 * Runs the same operations on a state and on a naive model of it, which copies a Map per version, and compares what
 * both show. An operation that is out of place is left out.
 */
export class StateModel {
  readonly #state: VersionedState<unknown, object>;
  readonly #keys: readonly unknown[];
  readonly #partitions: number;
  readonly #timeoutMs: number | undefined;
  readonly #versions = new Map<number, readonly Version[]>();
  readonly #scans: OpenScan[] = [];
  readonly #discarded: StateUpdate<unknown, object>[] = [];
  #next: { version: number; attempts: Map<number, Attempt>; completed: Set<number> } | undefined;
  #now = 0;
  #nextOrder = 0;
  #nextValue = 0;

  constructor(
    state: VersionedState<unknown, object>,
    options: { partitions: number; timeoutMs: number | undefined; keys: readonly unknown[] },
  ) {
    this.#state = state;
    this.#keys = options.keys;
    this.#partitions = options.partitions;
    this.#timeoutMs = options.timeoutMs;
  }

  get #visible(): number | undefined {
    return [...this.#versions.keys()].at(-1);
  }

  begin(partition: number, gap: number): void {
    if (this.#next === undefined) {
      this.#now += gap;
      this.#next = { version: this.#now, attempts: new Map(), completed: new Set() };
    }
    const { version, attempts, completed } = this.#next;
    assert.equal(this.#state.isComplete(partition, version), completed.has(partition));
    if (completed.has(partition)) return;
    const earlier = attempts.get(partition);
    if (earlier !== undefined) this.#discarded.push(earlier.update);
    const update = this.#state.begin(partition, version);
    assert.deepEqual(
      [update.partition, update.version, update.mutable],
      [partition, version, false],
    );
    attempts.set(partition, { update, overlay: new Map() });
  }

  set(partition: number, key: unknown): void {
    const attempt = this.#attempt(partition);
    if (attempt === undefined) return;
    const value = { n: this.#nextValue++ };
    attempt.update.set(key, value);
    attempt.overlay.set(encodeKey(key), { key, value });
    this.#compareKey(partition, attempt, key);
  }

  delete(partition: number, key: unknown): void {
    const attempt = this.#attempt(partition);
    if (attempt === undefined) return;
    attempt.update.delete(key);
    const id = encodeKey(key);
    if (this.#base(partition).has(id)) attempt.overlay.set(id, { key, value: undefined });
    else attempt.overlay.delete(id);
    this.#compareKey(partition, attempt, key);
  }

  touch(partition: number, key: unknown): void {
    const attempt = this.#attempt(partition);
    if (attempt === undefined) return;
    attempt.update.touch(key);
    const id = encodeKey(key);
    const held = this.#base(partition).get(id);
    if (this.#timeoutMs !== undefined && held !== undefined && !attempt.overlay.has(id)) {
      attempt.overlay.set(id, { key, value: held.value });
    }
    this.#compareKey(partition, attempt, key);
  }

  /** Compares what is due, and deletes it if told to. */
  async due(partition: number, keysMax: number, then: "delete" | "leave"): Promise<void> {
    const attempt = this.#attempt(partition);
    if (attempt === undefined) return;
    const dueBefore = attempt.update.version - (this.#timeoutMs ?? Infinity);
    const expected = [...this.#base(partition)]
      .filter(([id, held]) => held.usedAt < dueBefore && !attempt.overlay.has(id))
      .map(([, held]) => held)
      .sort((a, b) => a.usedAt - b.usedAt || a.order - b.order);
    const due = attempt.update.due();
    const actual: { key: unknown; value: object }[] = [];
    const visit = (key: unknown, value: object) => {
      actual.push({ key, value });
      if (then === "delete") this.delete(partition, key);
    };
    while (await due.next(keysMax, visit));
    assert.equal(await due.next(keysMax, visit), false);
    assert.deepEqual(
      actual,
      expected.map(({ key, value }) => ({ key, value })),
    );
  }

  /** An attempt that was discarded goes on working; nobody may notice. */
  async writeLate(key: unknown): Promise<void> {
    for (const update of this.#discarded) {
      update.set(key, { late: true });
      update.delete(key);
      update.set(key, { late: true });
      await drainLate(update);
      assert.throws(() => void this.#state.complete(update), /invariant/);
    }
  }

  async complete(partition: number): Promise<void> {
    const attempt = this.#attempt(partition);
    if (attempt === undefined || this.#next === undefined) return;
    const { version, attempts, completed } = this.#next;
    await this.#state.complete(attempt.update);
    completed.add(partition);
    assert.throws(() => attempt.update.set("late", {}), /invariant/);
    assert.equal(this.#state.isComplete(partition, version), true);
    assert.equal(this.#state.isVisible(version), completed.size === this.#partitions);
    if (completed.size < this.#partitions) return;
    this.#versions.set(
      version,
      Array.from({ length: this.#partitions }, (_, index) =>
        this.#applied(this.#base(index), attempts.get(index)?.overlay ?? new Map(), version),
      ),
    );
    this.#next = undefined;
    this.compareVersions();
  }

  /** Gives up all that was done of the version that is being made. */
  restart(): void {
    if (this.#next === undefined) return;
    const { version, attempts, completed } = this.#next;
    for (const [partition, { update }] of attempts) {
      // A sealed update refuses to be written to; only open ones can be written to late.
      if (!completed.has(partition)) this.#discarded.push(update);
    }
    this.#state.restart(version);
    for (const partition of completed) {
      assert.equal(this.#state.isComplete(partition, version), false);
    }
    this.#next = undefined;
    this.compareVersions();
  }

  forget(versionsKept: number): void {
    const versions = [...this.#versions.keys()];
    const before = versions.at(-versionsKept) ?? 0;
    this.#state.forget(before);
    for (const version of versions) {
      if (version >= before || version === this.#visible) continue;
      this.#versions.delete(version);
      assert.throws(() => this.#state.read(0, version), /invariant/);
    }
    this.compareVersions();
  }

  /** Compares every version that can be read with its copy. */
  compareVersions(): void {
    assert.equal(this.#state.visibleVersion, this.#visible);
    for (const [version, partitions] of this.#versions) {
      for (const [index, expected] of partitions.entries()) {
        const reader = this.#state.read(index, version);
        assert.equal(reader.size, expected.size);
        for (const key of this.#keys) {
          const id = encodeKey(key);
          assert.deepEqual(reader.get(key), expected.get(id)?.value);
          assert.equal(reader.has(key), expected.has(id));
        }
        if (version === this.#visible) assert.equal(this.#state.sizeOf(index), expected.size);
      }
    }
    const newest = this.#versions.get(this.#visible ?? -1) ?? [];
    assert.equal(
      this.#state.size,
      newest.reduce((sum, version) => sum + version.size, 0),
    );
  }

  openScan(partition: number, versionFromEnd: number): void {
    const version = [...this.#versions.keys()].at(-1 - versionFromEnd);
    if (version === undefined) return;
    this.#addScan(version, this.#state.read(partition, version), partition);
  }

  openUpdateScan(partition: number): void {
    const attempt = this.#attempt(partition);
    if (attempt === undefined || this.#visible === undefined) return;
    this.#addScan(this.#visible, attempt.update, partition);
    this.#addScan(this.#visible, attempt.update.base, partition);
  }

  /** Goes on with every open scan. */
  async scanSlices(keysMax: number): Promise<void> {
    for (const open of this.#scans.splice(0)) {
      await this.#scanSlice(open, keysMax);
      if (!open.done) this.#scans.push(open);
    }
  }

  async finish(): Promise<void> {
    while (this.#scans.length > 0) await this.scanSlices(1);
  }

  #addScan(
    version: number,
    source: Pick<StateReader<unknown, object>, "scan">,
    partition: number,
  ): void {
    const expected = this.#versions.get(version)?.[partition] ?? new Map();
    this.#scans.push({ version, scan: source.scan(), expected, visited: new Map(), done: false });
  }

  async #scanSlice(open: OpenScan, keysMax: number): Promise<void> {
    if (!this.#versions.has(open.version)) {
      await assert.rejects(async () => open.scan.next(keysMax, () => {}), /invariant/);
      open.done = true;
      return;
    }
    let count = 0;
    const more = await open.scan.next(keysMax, (key, value) => {
      const id = encodeKey(key);
      assert.equal(open.visited.has(id), false);
      assert.deepEqual(open.expected.get(id)?.value, value);
      open.visited.set(id, value);
      count += 1;
    });
    assert.ok(count <= keysMax);
    if (more) return;
    assert.equal(open.visited.size, open.expected.size);
    open.done = true;
  }

  #applied(base: Version, overlay: Overlay, version: number): Version {
    const copy = new Map(base);
    const composite = ({ key }: { key: unknown }) => typeof key === "object" && key !== null;
    const changes = [...overlay].sort(
      ([, a], [, b]) => Number(composite(a)) - Number(composite(b)),
    );
    for (const [id, { key, value }] of changes) {
      if (value === undefined) copy.delete(id);
      else {
        const order = copy.get(id)?.order ?? this.#nextOrder++;
        copy.set(id, { key, value, usedAt: version, order });
      }
    }
    return copy;
  }

  #compareKey(partition: number, attempt: Attempt, key: unknown): void {
    const id = encodeKey(key);
    const change = attempt.overlay.get(id);
    const held = this.#base(partition).get(id)?.value;
    const expected = change === undefined ? held : change.value;
    assert.deepEqual(attempt.update.get(key), expected);
    assert.equal(attempt.update.has(key), expected !== undefined);
    assert.deepEqual(attempt.update.base.get(key), held);
  }

  #base(partition: number): Version {
    return this.#versions.get(this.#visible ?? -1)?.[partition] ?? new Map();
  }

  #attempt(partition: number): Attempt | undefined {
    if (this.#next === undefined || this.#next.completed.has(partition)) return undefined;
    return this.#next.attempts.get(partition);
  }
}

/** Fails where the version that the update builds upon is forgotten, as it may. */
async function drainLate(update: StateUpdate<unknown, object>): Promise<void> {
  try {
    const due = update.due();
    while (await due.next(3, () => {}));
  } catch (thrown) {
    assert.match(String(thrown), /forgotten/);
  }
}
