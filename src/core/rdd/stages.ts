/** Owns: where a lineage is cut into stages, and in which order they run. A pure function of the lineage. */
import type { Dependency, StageBarrier } from "./lineage.ts";

/**
 * The barriers that must be completed, in this order, before a dataset or a stage can be computed. Where a state is behind
 * by several versions it is only the next one, with what does not depend on the others: to be asked again until there
 * is none, so that the answer does not grow with what a state owes.
 */
export function stagesBefore(target: { dependencies: readonly Dependency[] }): StageBarrier[] {
  const ordered: StageBarrier[] = [];
  /** Whether each thing is complete when all of `ordered` is. */
  const seen = new Map<object, boolean>();
  const visit = (dependencies: readonly Dependency[]): boolean => {
    let isReady = true;
    for (const dependency of dependencies) {
      const isNarrow = dependency.kind === "narrow";
      const ready = isNarrow
        ? once(dependency.parent, () => visit(dependency.parent.dependencies))
        : once(dependency.barrier, () => visitBarrier(dependency.barrier));
      isReady = ready && isReady;
    }
    return isReady;
  };
  const once = (thing: object, look: () => boolean): boolean => {
    const known = seen.get(thing);
    if (known !== undefined) return known;
    const ready = look();
    seen.set(thing, ready);
    return ready;
  };
  const visitBarrier = (barrier: StageBarrier): boolean => {
    if (barrier.isComplete()) return true;
    const earlier = barrier.earlier?.();
    if (earlier !== undefined) {
      once(earlier, () => visitBarrier(earlier));
      return false;
    }
    const isReady = visit(barrier.dependencies);
    if (isReady) ordered.push(barrier);
    return isReady;
  };
  visit(target.dependencies);
  return ordered;
}
