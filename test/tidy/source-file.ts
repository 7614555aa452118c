/**
 * Owns: what the rules of the house need to know about one source file, read from its syntax tree, so that a word in a
 * string or a comment is never taken for code.
 * Does not own: the rules (rules.ts), the disk (read-tree.ts).
 */
import { posix } from "node:path";
import { parseSync } from "oxc-parser";

/** Something found in a file, with the line (from 1) where it stands. */
export interface Finding {
  readonly name: string;
  readonly line: number;
}

export interface SourceFile {
  /** From the root of the project, with forward slashes: `src/core/time.ts`. */
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  /** What stands between the quotes of each import and re-export, type-only and dynamic ones included. */
  readonly imports: readonly Finding[];
  /** Uses of globals that make a run depend on the machine: `Date.now`, `setTimeout`, ... */
  readonly machineGlobals: readonly Finding[];
  readonly anyTypes: readonly Finding[];
  readonly defaultExports: readonly Finding[];
  readonly comments: readonly Finding[];
  readonly syntaxErrors: readonly Finding[];
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const machineFunctions = new Set(["setTimeout", "setInterval", "setImmediate"]);
const machineMembers = new Set(["Date.now", "Math.random", "performance.now", "process.hrtime"]);

/** Reads one file; `path` says what kind of file it is, `text` is what stands in it. */
export function readSourceFile(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const lineAt = lineFinder(text);
  const imports: Finding[] = [];
  const machineGlobals: Finding[] = [];
  const anyTypes: Finding[] = [];
  const defaultExports: Finding[] = [];
  walk(program as unknown as SyntaxNode, (node) => {
    const find = (list: Finding[], name: string | undefined) => {
      if (name !== undefined) list.push({ name, line: lineAt(node.start) });
    };
    find(imports, importedModule(node));
    find(machineGlobals, machineGlobal(node));
    find(anyTypes, node.type === "TSAnyKeyword" ? "any" : undefined);
    find(defaultExports, isDefaultExport(node) ? "default" : undefined);
  });
  return {
    path,
    text,
    lineCount: text.replace(/\n$/, "").split("\n").length,
    imports,
    machineGlobals,
    anyTypes,
    defaultExports,
    comments: comments.map(({ value, start }) => ({ name: value, line: lineAt(start) })),
    syntaxErrors: errors.map(({ message, labels }) => ({
      name: message,
      line: lineAt(labels[0]?.start ?? 0),
    })),
  };
}

/** The file that a relative import means, from the root of the project; undefined for a package or `node:` module. */
export function importedPath(importer: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(posix.dirname(importer), specifier);
}

function importedModule(node: SyntaxNode): string | undefined {
  const importing =
    node.type === "ImportDeclaration" ||
    node.type === "ExportNamedDeclaration" ||
    node.type === "ExportAllDeclaration" ||
    node.type === "ImportExpression" ||
    node.type === "TSImportType";
  return importing ? literalText(node["source"]) : undefined;
}

function machineGlobal(node: SyntaxNode): string | undefined {
  if (node.type === "Identifier" && machineFunctions.has(String(node["name"]))) {
    return String(node["name"]);
  }
  if (node.type === "MemberExpression") {
    const member = `${nameOf(node["object"])}.${nameOf(node["property"])}`;
    return machineMembers.has(member) ? member : undefined;
  }
  const makesDate = node.type === "NewExpression" || node.type === "CallExpression";
  if (makesDate && nameOf(node["callee"]) === "Date") {
    // A Date of a given time is a value like any other; only one without arguments asks the machine.
    const given = node.type === "NewExpression" ? (node["arguments"] as unknown[]).length : 0;
    return given === 0 ? "new Date()" : undefined;
  }
  return undefined;
}

/** `a`, `globalThis.a`, `["a"]`: the name that is meant, if it can be read off. */
function nameOf(value: unknown): string | undefined {
  if (!isNode(value)) return undefined;
  if (value.type === "Identifier") return String(value["name"]);
  if (value.type === "MemberExpression" && nameOf(value["object"]) === "globalThis") {
    return nameOf(value["property"]);
  }
  return literalText(value);
}

function isDefaultExport(node: SyntaxNode): boolean {
  if (node.type === "ExportDefaultDeclaration") return true;
  return node.type === "ExportSpecifier" && nameOf(node["exported"]) === "default";
}

function literalText(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== "Literal") return undefined;
  return typeof value["value"] === "string" ? value["value"] : undefined;
}

/** Visits every node but the names of members and properties: `timer.setTimeout` is no use of the global. */
function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node);
  for (const [key, value] of Object.entries(node)) {
    const isName = (key === "property" || key === "key") && node["computed"] !== true;
    if (isName && nameOf(node["object"]) !== "globalThis") continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) walk(child, visit);
    }
  }
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}
