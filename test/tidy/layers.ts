/**
 * Owns: the layers of the house (a folder imports from lower ones only) and the rules about imports.
 * Does not own: how imports are read (source-file.ts).
 */
import { isBuiltin } from "node:module";
import { importedPath, type SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";

/** Folder of src -> layer. `.` is src itself, where the doors of the package stand. */
const layers: Readonly<Record<string, number>> = {
  base: 0,
  store: 1,
  codec: 1,
  wal: 2,
  state: 2,
  core: 3,
  executor: 4,
  receiver: 4,
  checkpoint: 4,
  scheduler: 5,
  recovery: 5,
  sources: 5,
  sinks: 5,
  context: 6,
  inspect: 6,
  upkeep: 7,
  cli: 8,
  ui: 7,
  testing: 7,
  ".": 7,
};

/** Modules of Node that only the named folders may touch, and what the others use in their place. */
const homes: readonly { modules: RegExp; folders: readonly string[]; hint: string }[] = [
  {
    modules: /^node:fs(\/|$)/,
    folders: ["base", "executor", "sources", "sinks", "cli"],
    hint: "take the file port of src/base as a parameter",
  },
  {
    modules: /^node:(timers|perf_hooks)(\/|$)/,
    folders: ["base"],
    hint: "take the Clock of src/base as a parameter",
  },
  {
    modules: /^(commander|cli-table3|cli-progress)$/,
    folders: ["cli"],
    hint: "a program that runs loads none of what the command line needs",
  },
];

/** `src/core/rdd/node.ts` -> `core`; `src/index.ts` -> `.`; undefined outside of src. */
export function folderOf(path: string): string | undefined {
  const [top, folder, ...rest] = path.split("/");
  if (top !== "src" || folder === undefined) return undefined;
  return rest.length === 0 ? "." : folder;
}

export function checkLayers(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const from = folderOf(file.path);
    if (from === undefined) return [];
    if (layers[from] === undefined) {
      return [
        {
          where: file.path,
          what: `src/${from} has no layer`,
          remedy: "move the file, or give the folder a layer in test/tidy/layers.ts",
        },
      ];
    }
    return file.imports.flatMap(({ name, line }) => {
      const wrong = judgeImport(file.path, from, name);
      return wrong === undefined ? [] : [{ where: `${file.path}:${line}`, ...wrong }];
    });
  });
}

type Judgement = Omit<Violation, "where"> | undefined;

function judgeImport(importer: string, from: string, specifier: string): Judgement {
  const target = importedPath(importer, specifier);
  if (target === undefined) return undefined;
  const to = folderOf(target);
  if (to === undefined) {
    return {
      what: `imports ${target}`,
      remedy: "src imports nothing outside of src; move it there",
    };
  }
  if (!target.endsWith(".ts")) {
    return { what: `imports "${specifier}"`, remedy: "imports of our own files end in .ts" };
  }
  if (to === from) return undefined;
  const fromLayer = layers[from] ?? -1;
  const toLayer = layers[to];
  if (toLayer === undefined || toLayer >= fromLayer) {
    return {
      what: `${from} (layer ${fromLayer}) imports ${to} (layer ${toLayer ?? "none"})`,
      remedy: "arrows point to lower layers only: move the shared part down, or pass it in",
    };
  }
  if (target !== `src/${to}/index.ts`) {
    return {
      what: `imports ${target}`,
      remedy: `a folder is entered by its door: export it from src/${to}/index.ts`,
    };
  }
  return undefined;
}

export function checkModuleHomes(files: readonly SourceFile[]): Violation[] {
  return files.flatMap((file) => {
    const from = folderOf(file.path);
    if (from === undefined) return [];
    return file.imports.flatMap(({ name, line }) => {
      const module = isBuiltin(name) && !name.startsWith("node:") ? `node:${name}` : name;
      const home = homes.find(({ modules }) => modules.test(module));
      if (home === undefined || home.folders.includes(from)) return [];
      const where = `${file.path}:${line}`;
      const remedy = `only ${home.folders.map((folder) => `src/${folder}`).join(", ")} may; ${home.hint}`;
      return [{ where, what: `imports ${module}`, remedy }];
    });
  });
}

/** What src takes from outside must be of Node, or come along when a user installs the package. */
export function checkPackages(
  files: readonly SourceFile[],
  installed: ReadonlySet<string>,
): Violation[] {
  return files.flatMap((file) => {
    if (folderOf(file.path) === undefined) return [];
    return file.imports.flatMap(({ name, line }) => {
      if (name.startsWith(".") || name.startsWith("node:")) return [];
      const where = `${file.path}:${line}`;
      const what = `imports "${name}"`;
      if (isBuiltin(name)) return [{ where, what, remedy: `write "node:${name}"` }];
      const parts = name.split("/");
      const packageName = parts.slice(0, name.startsWith("@") ? 2 : 1).join("/");
      if (installed.has(packageName)) return [];
      const remedy = "add it to dependencies or peerDependencies, or do without it in src";
      return [{ where, what, remedy }];
    });
  });
}

/** An example is a user's program: it has the doors of the package and nothing else. */
export function checkExamples(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ path }) => path.startsWith("examples/"))
    .flatMap((file) =>
      file.imports
        .filter(({ name }) => /^(src|dist|test)\//.test(importedPath(file.path, name) ?? ""))
        .map(({ name, line }) => ({
          where: `${file.path}:${line}`,
          what: `imports "${name}"`,
          remedy: 'an example imports "millrace" or "millrace/testing", as a user does',
        })),
    );
}
