/** Owns: where a lineage is cut into stages, and in which order they run. A pure function of the lineage. */
import type { Dependency, StageBarrier } from "./lineage.ts";

/** The barriers that must be completed, in this order, before a dataset or a stage can be computed. */
export function stagesBefore(target: { dependencies: readonly Dependency[] }): StageBarrier[] {
  const ordered: StageBarrier[] = [];
  const seen = new Set<object>();
  const visit = (dependencies: readonly Dependency[]): void => {
    for (const dependency of dependencies) {
      if (dependency.kind === "narrow")
        visitOnce(dependency.parent, dependency.parent.dependencies);
      else visitBarrier(dependency.barrier);
    }
  };
  const visitOnce = (node: object, dependencies: readonly Dependency[]): void => {
    if (seen.has(node)) return;
    seen.add(node);
    visit(dependencies);
  };
  const visitBarrier = (barrier: StageBarrier): void => {
    if (seen.has(barrier) || barrier.isComplete()) return;
    visitOnce(barrier, barrier.dependencies);
    ordered.push(barrier);
  };
  visit(target.dependencies);
  return ordered;
}
