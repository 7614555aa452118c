/**
 * Owns: the decision whether a program may start over the checkpoint of another one, with what becomes of each input,
 * state and output. Pure: nothing is read and nothing is changed, so that a plan can be printed by it as well.
 * Does not own: the cases (upgrade-cases.ts), how streams are found again (match-streams.ts), carrying it out.
 */
import { invariant } from "../base/index.ts";
import type { GraphDescription, StreamDescription } from "../core/index.ts";
import { type ChangedCode, changedCodeOf } from "./changed-code.ts";
import type { Checkpoint, CheckpointBatch, CheckpointStream } from "./checkpoint.ts";
import { matchStreams, type StreamMatch } from "./match-streams.ts";
import {
  flawOf,
  type IdentityKind,
  identityKindOf,
  type UpgradeCase,
  type UpgradeFacts,
  type UpgradeLabel,
  type UpgradeOutcome,
  upgradeCases,
} from "./upgrade-cases.ts";

/** What the program says about a start over an older one. */
export interface UpgradeAllowances {
  /** The uids of what may be lost with all that the checkpoint has of it. */
  readonly allowDropped?: readonly string[];
  /** `strict` refuses a start that computes completed batches again by changed code; `allow` is the default. */
  readonly upgrade?: "allow" | "strict";
}

/** What a checkpoint, and the journal behind it, hold besides the graph. */
export interface HeldData {
  /** The uids of inputs that have data which were not processed, or have to be processed again. */
  readonly inputs: ReadonlySet<string>;
  /** The uids of inputs of which it is known how far their sources were read. */
  readonly positions: ReadonlySet<string>;
  readonly hasPendingBatches: boolean;
  /** The uids of stateful operators that have to compute completed batches again. */
  readonly recomputed: ReadonlySet<string>;
}

/** What becomes of a stream, or of a group of twins. */
export interface StreamComparison {
  /** Its uid; of an ambiguous group the one that they share but for a number. */
  readonly uid: string;
  readonly what: IdentityKind;
  readonly outcome: UpgradeOutcome;
  readonly label: UpgradeLabel;
  /** Why, in words. */
  readonly reason: string;
  /** What to do, in words, where the start is refused. */
  readonly advice?: string;
  readonly oldUids: readonly string[];
  readonly newUids: readonly string[];
}

/** The whole comparison. */
export interface GraphComparison {
  readonly streams: readonly StreamComparison[];
  readonly changedCode: readonly ChangedCode[];
  /** Names in `allowDropped` that allow nothing: they should go, before they allow something. */
  readonly unusedAllowances: readonly string[];
  readonly verdict: "start" | "refuse";
  /** Why it is refused and what to do, a text for each reason. */
  readonly refusals: readonly string[];
}

/** Compares the program of a checkpoint with the one that is to start. */
export function compareGraphs(
  old: GraphDescription,
  now: GraphDescription,
  held: HeldData,
  allowances: UpgradeAllowances = {},
): GraphComparison {
  const allowed = new Set(allowances.allowDropped);
  const streams = matchStreams(old.streams, now.streams).map((match): StreamComparison => {
    const { outcome, label, refuses, tell } = caseOf(factsOf(match, held, allowed));
    const [first] = [...match.new, ...match.old];
    const uid = (match.kind === "ambiguous" ? first?.lineageUid : first?.uid) ?? "";
    const what = whatIs(match);
    const lists = { oldUids: uidsOf(match.old), newUids: uidsOf(match.new) };
    const stream = { uid, what, outcome, label, reason: tell(match), ...lists };
    return refuses ? { ...stream, advice: adviceFor(stream, now) } : stream;
  });
  const changedCode = changedCodeOf(old, now, recomputedAndKept(streams, held));
  const refusals = streams.flatMap(({ uid, what, reason, advice }) =>
    advice === undefined ? [] : [`${titles[what]} ${uid} ${reason}; ${advice}`],
  );
  if (allowances.upgrade === "strict") refusals.push(...changedCode.map(strictRefusal));
  return {
    streams,
    changedCode,
    unusedAllowances: [...allowed].filter((uid) => !isUsed(uid, streams)),
    verdict: refusals.length === 0 ? "start" : "refuse",
    refusals,
  };
}

/** What a checkpoint holds that a start over it could lose. */
export function heldIn(checkpoint: Checkpoint, recomputed: ReadonlySet<string>): HeldData {
  const { batches, blocks } = checkpoint;
  const pending = batches.filter(({ status }) => status === "pending");
  // A state that is made anew needs the data of completed batches as well.
  const needed = recomputed.size > 0 ? batches : pending;
  const done = new Set(batches.filter((batch) => !needed.includes(batch)).flatMap(blockIdsOf));
  const received = blocks.filter(({ id }) => !done.has(id)).map(({ streamUid }) => streamUid);
  const pinned = needed.flatMap(({ inputs }) => Object.keys(inputs));
  return {
    inputs: new Set([...received, ...pinned]),
    positions: new Set(
      checkpoint.streams.filter(isPositionKnown).map(({ streamUid }) => streamUid),
    ),
    hasPendingBatches: pending.length > 0,
    recomputed,
  };
}

function isPositionKnown({ positions, state }: CheckpointStream): boolean {
  return state !== undefined || positions.some(({ next }) => next > 0);
}

function blockIdsOf({ streams }: CheckpointBatch): readonly string[] {
  return streams.flatMap(({ blockIds }) => blockIds);
}

const titles = { input: "the input", state: "the state of", output: "the output" } as const;

/** The one case of these facts. */
export function caseOf(facts: UpgradeFacts): UpgradeCase {
  const found = upgradeCases.find(({ when }) => when(facts));
  invariant(found !== undefined, "every stream of two programs is a case of the table");
  return found;
}

function factsOf(match: StreamMatch, held: HeldData, allowed: ReadonlySet<string>): UpgradeFacts {
  const what = whatIs(match);
  const isInput = what === "input" && match.kind !== "ambiguous";
  return {
    what,
    match: match.kind,
    flaw: flawOf(match),
    // Inputs whose twins changed would feed the states of others.
    isHeld: isInput
      ? match.old.some(({ uid }) => held.inputs.has(uid))
      : what !== "output" || held.hasPendingBatches,
    isPositionKnown: isInput && match.old.some(({ uid }) => held.positions.has(uid)),
    isAllowed: match.old.length > 0 && match.old.every(({ uid }) => allowed.has(uid)),
  };
}

/** Of a stream that changed its role it is the old one, as that is what may be lost. */
function whatIs({ old, new: now }: StreamMatch): IdentityKind {
  const [stream] = [...old, ...now];
  return stream === undefined ? "output" : identityKindOf(stream);
}

function uidsOf(streams: readonly StreamDescription[]): readonly string[] {
  return streams.map(({ uid }) => uid);
}

/** The words that would let the program start. */
function adviceFor(
  { what, outcome, oldUids }: Pick<StreamComparison, "what" | "outcome" | "oldUids">,
  now: GraphDescription,
): string {
  const names = oldUids.map((uid) => JSON.stringify(uid));
  const letGo = `to lose what the checkpoint has of it, allowDropped: [${names.join(", ")}]`;
  if (outcome === "incompatible") return `change it back, or, ${letGo}`;
  const keep = `to go on with it, give .uid(${names.join(") or .uid(")}) to the one that is meant`;
  const candidates = now.streams.filter(
    (stream) => what === "state" && stream.state !== undefined && !stream.isUidGiven,
  );
  const hint = candidates.length === 0 ? "" : ` (perhaps ${uidsOf(candidates).join(", ")})`;
  return `${keep}${outcome === "dropped" ? hint : ""}; ${letGo}`;
}

function recomputedAndKept(
  streams: readonly StreamComparison[],
  held: HeldData,
): ReadonlySet<string> {
  const kept = streams.filter(({ outcome, what }) => outcome === "kept" && what === "state");
  return new Set(kept.map(({ uid }) => uid).filter((uid) => held.recomputed.has(uid)));
}

function strictRefusal({ uid, change, operatorUids }: ChangedCode): string {
  return (
    `the ${change} of ${uid} changed, and completed batches would be computed again by it for ` +
    `${operatorUids.join(", ")}, which upgrade: "strict" refuses; stop the old program gracefully ` +
    `first, so that nothing has to be computed again, or start with upgrade: "allow"`
  );
}

/** Whether something is lost because the name allows it. */
function isUsed(uid: string, streams: readonly StreamComparison[]): boolean {
  return streams.some(({ label, oldUids }) => label.endsWith("_allowed") && oldUids.includes(uid));
}
