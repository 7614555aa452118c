/**
 * Owns: the labelled cases of what becomes of a stream when a program starts over the checkpoint of another one, with
 * what is told to people and what they can do. Pure; every combination of facts is exactly one case.
 * Does not own: how streams are found again (match-streams.ts), the verdict over all of them (compare-graphs.ts).
 */
import type { StreamDescription } from "../core/index.ts";
import type { MatchKind, StreamMatch } from "./match-streams.ts";
import { isCodecReadable } from "./state-snapshot-format.ts";

/** What becomes of a stream. */
export type UpgradeOutcome = "kept" | "new" | "dropped" | "incompatible" | "ambiguous";

/** What has an identity. */
export type IdentityKind = "input" | "state" | "output";

/** What keeps a stream from going on as the one it is matched with. */
export type Flaw =
  | "role"
  | "kind"
  | "layout"
  | "program_older"
  | "migration_missing"
  | "codec_unreadable";

/** All that a case is chosen by. */
export interface UpgradeFacts {
  readonly what: IdentityKind;
  readonly match: MatchKind;
  readonly flaw: Flaw | undefined;
  /** Whether the checkpoint holds something that would be lost. */
  readonly isHeld: boolean;
  /** Whether it is an input of which the checkpoint knows how far its source was read. */
  readonly isPositionKnown: boolean;
  /** Whether the program allows by name that it is lost. */
  readonly isAllowed: boolean;
}

/** A row of the table. */
export interface UpgradeCase {
  readonly label: UpgradeLabel;
  readonly outcome: UpgradeOutcome;
  readonly refuses: boolean;
  readonly when: (facts: UpgradeFacts) => boolean;
  readonly tell: (match: StreamMatch) => string;
}

export type UpgradeLabel =
  | "kept_by_name"
  | "kept_by_lineage"
  | "kept_with_twins"
  | "role_changed"
  | "kind_changed"
  | "layout_changed"
  | "program_older_than_state"
  | "migration_missing"
  | "codec_unreadable"
  | "incompatible_allowed"
  | "ambiguous"
  | "ambiguous_allowed"
  | "ambiguous_idle"
  | "dropped_state"
  | "dropped_input_with_data"
  | "dropped_input_with_positions"
  | "dropped_input_idle"
  | "dropped_output"
  | "dropped_allowed"
  | "new";

const isMatched = ({ match }: UpgradeFacts): boolean =>
  match === "given" || match === "derived" || match === "twins";
const fits = (facts: UpgradeFacts): boolean => isMatched(facts) && facts.flaw === undefined;
const hasFlaw = (flaw: Flaw) => (facts: UpgradeFacts) =>
  isMatched(facts) && facts.flaw === flaw && !facts.isAllowed;

/** The table. */
export const upgradeCases: readonly UpgradeCase[] = [
  {
    label: "kept_by_name",
    outcome: "kept",
    refuses: false,
    when: (facts) => facts.match === "given" && fits(facts),
    tell: () => "goes on, by the uid that it is given",
  },
  {
    label: "kept_by_lineage",
    outcome: "kept",
    refuses: false,
    when: (facts) => facts.match === "derived" && fits(facts),
    tell: () => "goes on, as its lineage is unchanged",
  },
  {
    label: "kept_with_twins",
    outcome: "kept",
    refuses: false,
    when: (facts) => facts.match === "twins" && fits(facts),
    tell: () => "goes on, as it and its twins are unchanged",
  },
  {
    label: "role_changed",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("role"),
    tell: (match) => `was ${titleOf(match.old)}, and is ${titleOf(match.new)}`,
  },
  {
    label: "kind_changed",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("kind"),
    tell: (match) => `was made by ${kindOf(match.old)}, and is made by ${kindOf(match.new)}`,
  },
  {
    label: "layout_changed",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("layout"),
    tell: (match) => `has a state that is of no use any more: ${layoutChanges(match)}`,
  },
  {
    label: "program_older_than_state",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("program_older"),
    tell: (match) =>
      `has a state of version ${versionOf(match.old)}, which a program of version ${versionOf(match.new)} cannot know`,
  },
  {
    label: "migration_missing",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("migration_missing"),
    tell: (match) =>
      `has a state of version ${versionOf(match.old)}, and no migration of it to version ${versionOf(match.new)}`,
  },
  {
    label: "codec_unreadable",
    outcome: "incompatible",
    refuses: true,
    when: hasFlaw("codec_unreadable"),
    tell: (match) =>
      `has a state that was written by the codec ${match.old[0]?.state?.codecId}, which the program does not have`,
  },
  {
    label: "incompatible_allowed",
    outcome: "incompatible",
    refuses: false,
    when: (facts) => isMatched(facts) && facts.flaw !== undefined && facts.isAllowed,
    tell: () => "begins anew, as it does not fit and allowDropped names it",
  },
  {
    label: "ambiguous",
    outcome: "ambiguous",
    refuses: true,
    when: ({ match, isHeld, isAllowed }) => match === "ambiguous" && isHeld && !isAllowed,
    tell: (match) =>
      `has twins, ${match.old.length} in the checkpoint and ${match.new.length} in the program, and they have changed: nobody can tell which is which`,
  },
  {
    label: "ambiguous_allowed",
    outcome: "ambiguous",
    refuses: false,
    when: ({ match, isHeld, isAllowed }) => match === "ambiguous" && isHeld && isAllowed,
    tell: () => "begins anew, with its twins, as allowDropped names them",
  },
  {
    label: "ambiguous_idle",
    outcome: "ambiguous",
    refuses: false,
    when: ({ match, isHeld }) => match === "ambiguous" && !isHeld,
    tell: () => "begins anew, with its twins, as nothing of them is pending",
  },
  {
    label: "dropped_state",
    outcome: "dropped",
    refuses: true,
    when: ({ match, what, isAllowed }) => match === "only_old" && what === "state" && !isAllowed,
    tell: () => "has a state in the checkpoint, but is not in the program",
  },
  {
    label: "dropped_input_with_data",
    outcome: "dropped",
    refuses: true,
    when: ({ match, what, isHeld, isAllowed }) =>
      match === "only_old" && what === "input" && isHeld && !isAllowed,
    tell: () => "has data in the checkpoint that are still needed, but is not in the program",
  },
  {
    label: "dropped_input_with_positions",
    outcome: "dropped",
    refuses: true,
    when: ({ match, what, isHeld, isPositionKnown, isAllowed }) =>
      match === "only_old" && what === "input" && !isHeld && isPositionKnown && !isAllowed,
    tell: () =>
      "has the place in the checkpoint up to which its source was read, but is not in the program: another input of that source would read all of it again",
  },
  {
    label: "dropped_input_idle",
    outcome: "dropped",
    refuses: false,
    when: ({ match, what, isHeld, isPositionKnown }) =>
      match === "only_old" && what === "input" && !isHeld && !isPositionKnown,
    tell: () => "is not in the program any more; none of its data are needed",
  },
  {
    label: "dropped_output",
    outcome: "dropped",
    refuses: false,
    when: ({ match, what }) => match === "only_old" && what === "output",
    tell: () => "is not in the program any more, and does not run for pending batches either",
  },
  {
    label: "dropped_allowed",
    outcome: "dropped",
    refuses: false,
    when: ({ match, what, isHeld, isPositionKnown, isAllowed }) =>
      match === "only_old" &&
      isAllowed &&
      (what === "state" || (what === "input" && (isHeld || isPositionKnown))),
    tell: () => "is let go with all that the checkpoint has of it, as allowDropped names it",
  },
  {
    label: "new",
    outcome: "new",
    refuses: false,
    when: ({ match }) => match === "only_new",
    tell: () => "is new, and begins with the first new batch",
  },
];

/** What a stream is, as far as its identity goes. */
export function identityKindOf({ role, state }: StreamDescription): IdentityKind {
  if (state !== undefined) return "state";
  return role === "output" ? "output" : "input";
}

/** What keeps a matched stream from going on; undefined where nothing does. */
export function flawOf(match: StreamMatch): Flaw | undefined {
  const [old] = match.old;
  const [now] = match.new;
  if (match.kind === "ambiguous" || old === undefined || now === undefined) return undefined;
  const what = identityKindOf(now);
  if (identityKindOf(old) !== what) return "role";
  // What an output does is a function like any other: the marks of what is done are about its effect.
  if (what === "output") return undefined;
  if (old.kind !== now.kind) return "kind";
  const [oldState, state] = [old.state, now.state];
  if (oldState === undefined || state === undefined) return undefined;
  if (layoutChanges(match) !== "") return "layout";
  if (state.version < oldState.version) return "program_older";
  const isMigrated = state.migratesFrom.includes(oldState.version);
  if (state.version > oldState.version && !isMigrated) return "migration_missing";
  const isReadable = isCodecReadable(oldState.codecId) || oldState.codecId === state.codecId;
  return isReadable ? undefined : "codec_unreadable";
}

function titleOf([stream]: readonly StreamDescription[]): string {
  const titles = { input: "an input", state: "a stateful operator", output: "an output" } as const;
  return stream === undefined ? "nothing" : titles[identityKindOf(stream)];
}

function kindOf([stream]: readonly StreamDescription[]): string {
  return stream?.kind ?? "nothing";
}

function versionOf([stream]: readonly StreamDescription[]): number {
  return stream?.state?.version ?? 0;
}

function layoutChanges({ old, new: now }: StreamMatch): string {
  const [before, after] = [old[0]?.state?.layout ?? {}, now[0]?.state?.layout ?? {}];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changes: string[] = [];
  for (const name of names) {
    const [from, to] = [JSON.stringify(before[name]), JSON.stringify(after[name])];
    if (from !== to) changes.push(`${name} was ${from ?? "not set"} and is ${to ?? "not set"}`);
  }
  return changes.join(", ");
}
