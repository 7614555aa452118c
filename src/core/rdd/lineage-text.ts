/** Owns: the text of a lineage, for people. */
import type { Dependency, Lineage } from "./lineage.ts";

/**
 * The datasets that this one is made of, one a line, indented by a step at each stage boundary. What stands behind a
 * dataset is told once, as it could be reached in more ways than there are lines to tell.
 */
export function lineageText(dataset: Lineage): string {
  const lines: string[] = [];
  const told = new Set<Lineage>();
  const visit = (node: Lineage, depth: number): void => {
    const level = node.storageLevel.name === "NONE" ? "" : ` [${node.storageLevel.name}]`;
    const name = node.name === undefined ? "" : ` "${node.name}"`;
    const isTold = told.has(node) && node.dependencies.length > 0;
    const again = isTold ? " (as above)" : "";
    lines.push(
      `${"  ".repeat(depth)}(${node.partitionCount}) ${node.kind} rdd-${node.id}${name}${level}${again}`,
    );
    if (isTold) return;
    told.add(node);
    for (const dependency of node.dependencies) visitDependency(dependency, depth);
  };
  const visitDependency = (dependency: Dependency, depth: number): void => {
    if (dependency.kind === "narrow") return visit(dependency.parent, depth);
    lines.push(`${"  ".repeat(depth)}+- ${dependency.barrier.purpose}`);
    for (const behind of dependency.barrier.dependencies) visitDependency(behind, depth + 1);
  };
  visit(dataset, 0);
  return lines.join("\n");
}
