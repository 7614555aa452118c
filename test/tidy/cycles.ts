/**
 * Owns: finding import cycles among files, type-only imports included: a cycle of types is a knot to its reader too.
 */
import { importedPath, type SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";

/** One violation per cycle that a depth-first walk closes. */
export function checkCycles(files: readonly SourceFile[]): Violation[] {
  const known = new Map(files.map((file) => [file.path, file]));
  const violations: Violation[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  const enter = (file: SourceFile): void => {
    trail.push(file.path);
    for (const { name } of file.imports) {
      const target = known.get(importedPath(file.path, name) ?? "");
      if (target === undefined || finished.has(target.path)) continue;
      const since = trail.indexOf(target.path);
      if (since === -1) enter(target);
      else violations.push(cycleOf([...trail.slice(since), target.path]));
    }
    trail.pop();
    finished.add(file.path);
  };

  for (const file of files) if (!finished.has(file.path)) enter(file);
  return violations;
}

function cycleOf(paths: readonly string[]): Violation {
  return {
    where: paths[0] ?? "",
    what: `an import cycle: ${paths.join(" -> ")}`,
    remedy: "move what both need into a file of its own that imports neither",
  };
}
