/**
 * Owns: which operators that make states anew of completed batches have changed since those batches ran. Pure.
 * Does not own: which states have to be made anew (choose-bases.ts), whether that is allowed (compare-graphs.ts).
 */
import type { GraphDescription, StreamDescription } from "../core/index.ts";

/** An operator whose change shows in a state that is made anew. */
export interface ChangedCode {
  /** Its uid in the new program. */
  readonly uid: string;
  readonly kind: string;
  readonly change: "functions" | "parameters" | "lineage";
  /** The stateful operators whose completed batches are computed again by it. */
  readonly operatorUids: readonly string[];
}

/** The changes among all that `recomputed` stateful operators, which both programs have, are made of. */
export function changedCodeOf(
  old: GraphDescription,
  now: GraphDescription,
  recomputed: ReadonlySet<string>,
): readonly ChangedCode[] {
  const olds = new Map(old.streams.map((stream) => [stream.uid, stream]));
  const news = new Map(now.streams.map((stream) => [stream.uid, stream]));
  const found = new Map<string, { code: ChangedCode; operatorUids: Set<string> }>();
  for (const operatorUid of recomputed) {
    const seen = new Set<StreamDescription>();
    const visit = (before: StreamDescription, after: StreamDescription): void => {
      if (seen.has(after)) return;
      seen.add(after);
      const change = changeOf(before, after);
      if (change !== undefined) {
        const { uid, kind } = after;
        const code = { uid, kind, change, operatorUids: [] };
        const entry = found.get(uid) ?? { code, operatorUids: new Set<string>() };
        entry.operatorUids.add(operatorUid);
        found.set(uid, entry);
      }
      // Nothing before another lineage can be set beside anything.
      if (change === "lineage") return;
      after.parents.forEach((uid, index) => {
        const parent = news.get(uid);
        const oldParent = olds.get(before.parents[index] ?? "");
        // A state that is not made anew is read as it was: what it is made of makes no difference.
        const isRead = parent?.state !== undefined && !recomputed.has(uid);
        if (parent !== undefined && oldParent !== undefined && !isRead) visit(oldParent, parent);
      });
    };
    const [before, after] = [olds.get(operatorUid), news.get(operatorUid)];
    if (before !== undefined && after !== undefined) visit(before, after);
  }
  return [...found.values()].map(({ code, operatorUids }) => ({
    ...code,
    operatorUids: [...operatorUids],
  }));
}

function changeOf(
  before: StreamDescription,
  after: StreamDescription,
): ChangedCode["change"] | undefined {
  const isOther = before.kind !== after.kind || before.parents.length !== after.parents.length;
  if (isOther || before.role !== after.role) return "lineage";
  // Releases of before did not look at the functions of inputs.
  const isUnknown = before.role === "input" && before.codeHash === undefined;
  if (before.codeHash !== after.codeHash && !isUnknown) return "functions";
  if (JSON.stringify(before.parameters) !== JSON.stringify(after.parameters)) return "parameters";
  return undefined;
}
