/**
 * Owns: the rules that one file can break by itself: its name, its length, its words, and what it asks of the machine.
 * Does not own: rules about imports (layers.ts, cycles.ts).
 */
import { folderOf } from "./layers.ts";
import type { Finding, SourceFile } from "./source-file.ts";
import type { Violation } from "./violation.ts";

const lineCountMax = 500;
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|test-d|suite|d|config))?\.(ts|mts|mjs|js)$/;
const emptyWords = ["utils", "util", "helpers", "helper", "common", "manager", "impl"];
const suppression = /@ts-(ignore|expect-error|nocheck)/;
const unfinished = /\b(TODO|FIXME|XXX|HACK)\b/;

export function checkSyntax(files: readonly SourceFile[]): Violation[] {
  return findings(files, ({ syntaxErrors }) => syntaxErrors, "mend the syntax");
}

export function checkLengths(files: readonly SourceFile[]): Violation[] {
  return files
    .filter(({ lineCount }) => lineCount > lineCountMax)
    .map(({ path, lineCount }) => ({
      where: path,
      what: `has ${lineCount} lines`,
      remedy: `no file has more than ${lineCountMax}: cut it where its second purpose begins`,
    }));
}

export function checkNames(files: readonly SourceFile[]): Violation[] {
  return files.flatMap(({ path }) => {
    const name = path.split("/").at(-1) ?? "";
    if (!kebabCase.test(name)) {
      return [{ where: path, what: "is not in kebab-case", remedy: "name it like-this.ts" }];
    }
    const empty = name.split(/[-.]/).filter((word) => emptyWords.includes(word));
    if (empty.length === 0) return [];
    const what = `has "${empty.join('", "')}" in its name, which says nothing`;
    return [{ where: path, what, remedy: "name it after the one thing that it owns" }];
  });
}

export function checkEscapes(files: readonly SourceFile[]): Violation[] {
  return [
    ...findings(
      inSrc(files),
      ({ anyTypes }) => anyTypes,
      "use unknown and narrow it, or a type parameter",
    ),
    ...findings(
      inSrc(files),
      ({ comments }) => matching(comments, suppression),
      "no error is suppressed in src: make the types say what is true",
    ),
  ];
}

export function checkMachineGlobals(files: readonly SourceFile[]): Violation[] {
  return findings(
    inSrc(files).filter(({ path }) => folderOf(path) !== "base"),
    ({ machineGlobals }) => machineGlobals,
    "time and chance are parameters: take the Clock or the random port of src/base",
  );
}

export function checkDefaultExports(files: readonly SourceFile[]): Violation[] {
  return findings(
    inSrc(files),
    ({ defaultExports }) => defaultExports,
    "export it by the name that everybody shall call it",
  );
}

export function checkUnfinished(files: readonly SourceFile[]): Violation[] {
  return findings(
    inSrc(files),
    ({ text }) =>
      matching(
        text.split("\n").map((name, index) => ({ name, line: index + 1 })),
        unfinished,
      ),
    "finish it, or put it into the list of issues",
  );
}

function inSrc(files: readonly SourceFile[]): SourceFile[] {
  return files.filter(({ path }) => folderOf(path) !== undefined);
}

function matching(list: readonly Finding[], pattern: RegExp): Finding[] {
  return list.flatMap(({ name, line }) => {
    const match = pattern.exec(name);
    if (match === null) return [];
    const linesBefore = name.slice(0, match.index).split("\n").length - 1;
    return [{ name: match[0], line: line + linesBefore }];
  });
}

function findings(
  files: readonly SourceFile[],
  select: (file: SourceFile) => readonly Finding[],
  remedy: string,
): Violation[] {
  return files.flatMap((file) =>
    select(file).map(({ name, line }) => ({
      where: `${file.path}:${line}`,
      what: `has \`${name}\``,
      remedy,
    })),
  );
}
