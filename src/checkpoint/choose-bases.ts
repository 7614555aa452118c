/**
 * Owns: from which snapshot each state is brought forward, so that all that is still to be computed can be, and as little
 * as possible is computed again; and so how far back each input needs its data. Pure: the answer for the present is a
 * recovery plan, and asked while the program runs, it tells what may be cleaned.
 * Does not own: reading snapshots, running batches, cleaning.
 *
 * A stream is needed *after* a time: its datasets of all later times must be there, or be made. Consumers come before
 * what they consume: a stateful operator that is restored at v makes its datasets of later times only, so that its base is
 * the newest snapshot that is not later than what its consumers need; and by its base it needs its own parents.
 */
import { type GraphDescription, nextOnGrid, type StreamDescription } from "../core/index.ts";

/** What a choice is made by. */
export interface BaseFacts {
  /** The program that is to run, its streams behind those that they are made of. */
  readonly graph: GraphDescription;
  readonly zeroTimeMs: number;
  /** The versions of each operator, by its uid, that can be restored: of which the whole chain is there. */
  readonly versions: ReadonlyMap<string, readonly number[]>;
  /** Outputs run for all batches after this: the time before the first pending one. */
  readonly outputsAfterMs: number;
  /** Stateful operators that begin without a state: those that are new to the program. */
  readonly beginning?: ReadonlySet<string>;
  /** Operators that began without a state after that time, in an earlier start, by uid; the others with the first batch. */
  readonly begunAfterMs?: ReadonlyMap<string, number>;
  /** The versions that hold the datasets which their operator looks back on, so that none of them is made again; by its uid. */
  readonly carrying?: ReadonlyMap<string, ReadonlySet<number>>;
  /** The data of batches up to this are gone; the time before the first batch where it is left out. */
  readonly dataAfterMs?: number;
}

/** Why it is this base. */
export type BaseLabel =
  /** The newest snapshot. */
  | "newest"
  /** An older one, as a consumer of its datasets has to go back further. */
  | "older"
  /** None fits: the state is made of all batches since it began. */
  | "from_the_start"
  /** The operator is new, and begins empty with the first batch that outputs run for. */
  | "begins";

/** From where the state of an operator is brought forward. */
export interface OperatorBase {
  readonly operatorUid: string;
  readonly label: BaseLabel;
  /** The version that is restored; without a snapshot the state is empty as of this time. */
  readonly versionMs: number;
  readonly hasSnapshot: boolean;
  /** Its consumers need its datasets of all times after this. */
  readonly neededAfterMs: number;
}

/** An input whose data do not go back far enough. */
export interface MissingData {
  readonly inputUid: string;
  readonly neededAfterMs: number;
  readonly availableAfterMs: number;
}

/** What is restored, computed again and read. */
export interface BasePlan {
  /** By the order of the graph: what others are made of comes first. */
  readonly bases: readonly OperatorBase[];
  /** By the uid of the input: the data of all batches after this are needed. */
  readonly inputsAfterMs: ReadonlyMap<string, number>;
  /** The uids of operators that compute completed batches again. */
  readonly recomputed: ReadonlySet<string>;
  /** The earliest batch that a state is computed of again; undefined where none is. */
  readonly recomputeFromMs: number | undefined;
  /** What makes the plan impossible: empty where it is possible. */
  readonly missing: readonly MissingData[];
}

/** Chooses the base of each stateful operator. */
export function chooseBases(facts: BaseFacts): BasePlan {
  const { graph, zeroTimeMs, outputsAfterMs } = facts;
  const neededAfter = new Map<string, number>();
  const bases: OperatorBase[] = [];
  for (const stream of graph.streams.toReversed()) {
    const needed = stream.role === "output" ? outputsAfterMs : neededAfter.get(stream.uid);
    if (needed === undefined) continue;
    const base = stream.state && chooseBase(stream, needed, facts);
    if (base !== undefined) bases.unshift(base);
    const carries =
      base?.hasSnapshot === true && facts.carrying?.get(stream.uid)?.has(base.versionMs) === true;
    const spanMs = carries ? stream.slideMs : stream.spanMs;
    const bound = parentsNeededAfter({ ...stream, spanMs }, base?.versionMs ?? needed, facts);
    for (const parent of stream.parents) {
      neededAfter.set(parent, Math.min(bound, neededAfter.get(parent) ?? bound));
    }
  }
  const inputs = graph.streams.filter(({ role }) => role === "input");
  const inputsAfterMs = new Map(
    inputs.map(({ uid }) => [uid, neededAfter.get(uid) ?? outputsAfterMs]),
  );
  const again = computedAgain(bases, facts);
  return {
    bases,
    inputsAfterMs,
    recomputed: new Set(again.keys()),
    recomputeFromMs: again.size === 0 ? undefined : Math.min(...again.values()),
    missing: missingIn(inputsAfterMs, facts.dataAfterMs ?? zeroTimeMs),
  };
}

function chooseBase(
  { uid }: StreamDescription,
  neededAfterMs: number,
  { begunAfterMs, versions, beginning, zeroTimeMs, outputsAfterMs }: BaseFacts,
): OperatorBase {
  const base = { operatorUid: uid, neededAfterMs };
  if (beginning?.has(uid) === true) {
    return { ...base, label: "begins", versionMs: outputsAfterMs, hasSnapshot: false };
  }
  const known = versions.get(uid) ?? [];
  const versionMs = Math.max(...known.filter((version) => version <= neededAfterMs));
  if (versionMs === Number.NEGATIVE_INFINITY) {
    const beganMs = begunAfterMs?.get(uid) ?? zeroTimeMs;
    return { ...base, label: "from_the_start", versionMs: beganMs, hasSnapshot: false };
  }
  const label = known.some((version) => version > versionMs) ? "older" : "newest";
  return { ...base, label, versionMs, hasSnapshot: true };
}

/** After which time a stream needs its parents, so that it can make its own datasets of all times after `afterMs`. */
function parentsNeededAfter(
  { slideMs, spanMs }: StreamDescription,
  afterMs: number,
  { zeroTimeMs }: BaseFacts,
): number {
  const firstMs = nextOnGrid(afterMs, slideMs, zeroTimeMs);
  // Before the first batch there is nothing.
  return Math.max(firstMs - spanMs, zeroTimeMs);
}

/** The operators that make versions of completed batches again, each with the first of these. */
function computedAgain(
  bases: readonly OperatorBase[],
  { graph, outputsAfterMs, zeroTimeMs }: BaseFacts,
): ReadonlyMap<string, number> {
  const slides = new Map(graph.streams.map(({ uid, slideMs }) => [uid, slideMs]));
  const firsts = bases.map(({ operatorUid, versionMs }) => {
    // A version may be older than a grid that has begun since.
    const fromMs = Math.max(versionMs, zeroTimeMs);
    const firstMs = nextOnGrid(fromMs, slides.get(operatorUid) ?? 1, zeroTimeMs);
    return [operatorUid, firstMs] as const;
  });
  return new Map(firsts.filter(([, firstMs]) => firstMs <= outputsAfterMs));
}

function missingIn(
  inputsAfterMs: ReadonlyMap<string, number>,
  availableAfterMs: number,
): readonly MissingData[] {
  return [...inputsAfterMs]
    .filter(([, neededAfterMs]) => neededAfterMs < availableAfterMs)
    .map(([inputUid, neededAfterMs]) => ({ inputUid, neededAfterMs, availableAfterMs }));
}
