/**
 * Owns: what is different between two moments of an application: its program, its sources, its batches, and key by key its
 * states.
 * Does not own: reading states (state-scan.ts).
 *
 * I1. Memory holds a bounded number of keys: large states are compared for some of the key groups at a time.
 */
import type { Checkpoint } from "../checkpoint/index.ts";
import { KeyMap, keyGroupCount } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { heldKeysMax, newestChain, type ScanProgress, scanChain } from "./state-scan.ts";
import { toJson, valueText } from "./value-notation.ts";

/** One thing that is different. */
export interface Difference {
  readonly part: "application" | "graph" | "source" | "batches" | "state";
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  readonly before: unknown;
  readonly after: unknown;
}

/** Whether two moments are told apart key by key. */
export interface DiffOptions {
  /** Tells each key that is different, not only how many there are. */
  readonly keys?: boolean;
  readonly progress?: ScanProgress;
  readonly heldKeys?: number;
}

/** The differences, as they are found. Throws what reading states throws. */
export async function* diffCheckpoints(
  store: Store,
  before: Checkpoint,
  after: Checkpoint,
  options: DiffOptions = {},
): AsyncGenerator<Difference, void, undefined> {
  yield* diffNamed("application", headOf(before), headOf(after));
  yield* diffNamed("graph", graphOf(before), graphOf(after));
  yield* diffNamed("source", sourcesOf(before), sourcesOf(after));
  yield* diffNamed("batches", batchesOf(before), batchesOf(after));
  const operators = new Set([...statefulIn(before), ...statefulIn(after)]);
  for (const operator of operators) yield* diffState(store, operator, before, after, options);
}

type Named = ReadonlyMap<string, unknown>;

function* diffNamed(part: Difference["part"], before: Named, after: Named): Generator<Difference> {
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(name), after.get(name)];
    if (valueText(old) === valueText(now)) continue;
    const change = !before.has(name) ? "added" : !after.has(name) ? "removed" : "changed";
    yield { part, name, change, before: old, after: now };
  }
}

function headOf({ applicationName, configuration, epoch, zeroTimeMs, ...rest }: Checkpoint): Named {
  const { batchIntervalMs, defaultParallelism, options } = configuration;
  const { applicationId, lastAllocatedMs } = rest;
  return new Map<string, unknown>([
    ["applicationId", applicationId],
    ["applicationName", applicationName],
    ["epoch", epoch],
    ["batchIntervalMs", batchIntervalMs],
    ["defaultParallelism", defaultParallelism],
    ["zeroTimeMs", zeroTimeMs],
    ["lastAllocatedMs", lastAllocatedMs],
    ...Object.entries(options).map(([name, value]) => [`options.${name}`, value] as const),
  ]);
}

function graphOf({ graph }: Checkpoint): Named {
  return new Map(graph.streams.map((stream) => [stream.uid, toJson(stream)]));
}

function sourcesOf({ streams }: Checkpoint): Named {
  return new Map(
    streams.flatMap(({ positions, receiverStart, state, streamUid }) => [
      [`${streamUid} receiver starts`, receiverStart] as const,
      ...positions.map(({ next, partition }) => [`${streamUid} ${partition}`, next] as const),
      ...(state === undefined ? [] : [[`${streamUid} state`, state] as const]),
    ]),
  );
}

function batchesOf({ batches }: Checkpoint): Named {
  const count = (status: string) => batches.filter((batch) => batch.status === status).length;
  return new Map([
    ["pending", count("pending")],
    ["completed and kept", count("completed")],
  ]);
}

function statefulIn({ graph }: Checkpoint): readonly string[] {
  return graph.streams.filter(({ state }) => state !== undefined).map(({ uid }) => uid);
}

async function* diffState(
  store: Store,
  operator: string,
  before: Checkpoint,
  after: Checkpoint,
  { heldKeys = heldKeysMax, keys = false, progress }: DiffOptions,
): AsyncGenerator<Difference, void, undefined> {
  const oldChain = statefulIn(before).includes(operator) ? newestChain(before, operator) : [];
  const newChain = statefulIn(after).includes(operator) ? newestChain(after, operator) : [];
  const entries = oldChain.reduce((sum, { entryCount }) => sum + entryCount, 0);
  const passes = Math.min(keyGroupCount, Math.max(1, Math.ceil(entries / heldKeys)));
  const counts = { added: 0, removed: 0, changed: 0, unchanged: 0 };
  for (let pass = 0; pass < passes; pass += 1) {
    const hasGroup = (group: number) => group % passes === pass;
    const old = new KeyMap<unknown, unknown>();
    for await (const slice of scanChain(store, oldChain, { hasGroup, heldKeys, progress })) {
      for (const { key, value } of slice) old.set(key, value);
    }
    for await (const slice of scanChain(store, newChain, { hasGroup, heldKeys, progress })) {
      for (const { key, value } of slice) {
        const wasThere = old.has(key);
        const was = old.get(key);
        old.delete(key);
        const isSame = wasThere && valueText(was) === valueText(value);
        const change = isSame ? "unchanged" : wasThere ? "changed" : "added";
        counts[change] += 1;
        if (!keys || change === "unchanged") continue;
        yield { part: "state", name: keyName(operator, key), change, before: was, after: value };
      }
    }
    counts.removed += old.size;
    if (!keys) continue;
    for (const [key, was] of old) {
      const name = keyName(operator, key);
      yield { part: "state", name, change: "removed", before: was, after: undefined };
    }
  }
  if (counts.added + counts.removed + counts.changed === 0) return;
  const total = counts.unchanged + counts.changed;
  yield {
    part: "state",
    name: operator,
    change: "changed",
    before: { keys: total + counts.removed },
    after: { keys: total + counts.added, ...counts },
  };
}

function keyName(operator: string, key: unknown): string {
  return `${operator} ${valueText(key)}`;
}
