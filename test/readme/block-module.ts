/**
 * Owns: making a module of a block of code, so that the compiler can check it and a test can run it.
 * Does not own: the block (markdown.ts), what the module is given when it runs (driven-millrace.ts).
 */
import { parseSync } from "oxc-parser";

/** What blocks may use without declaring it. */
export interface Givens {
  /** The names that each package exports. */
  readonly exports: ReadonlyMap<string, readonly ExportedName[]>;
  /** Statements that are put in front of a block that uses what they declare. */
  readonly statements: readonly Statement[];
  /** The names of the `Given` that a block is called with. */
  readonly values: readonly string[];
}

export interface ExportedName {
  readonly name: string;
  readonly isType: boolean;
}

export interface Statement {
  readonly declares: readonly string[];
  readonly text: string;
  readonly isImport: boolean;
}

/** What stands for `millrace` and `millrace/testing` where the module is run. */
export interface Specifiers {
  readonly millrace: string;
  readonly testing: string;
  readonly given: string;
}

/** The statements of a program with comments in front of them, and what each declares. Throws for bad syntax. */
export function statementsOf(text: string): readonly Statement[] {
  const { program, errors } = parseSync("block.ts", text);
  if (errors[0] !== undefined) throw new Error(errors[0].message);
  let from = 0;
  return program.body.map((node) => {
    const statement = {
      declares: declaredBy(node as unknown as DeclaringNode),
      text: text.slice(from, node.end),
      isImport: node.type === "ImportDeclaration",
    };
    from = node.end;
    return statement;
  });
}

interface DeclaringNode {
  readonly type: string;
  readonly id?: { readonly name?: string } | null;
  readonly declarations?: readonly { readonly id: PatternNode }[];
  readonly specifiers?: readonly { readonly local: { readonly name: string } }[];
}

interface PatternNode {
  readonly type: string;
  readonly name?: string;
  readonly elements?: readonly (PatternNode | null)[];
  readonly properties?: readonly { readonly value?: PatternNode }[];
}

function declaredBy(node: DeclaringNode): readonly string[] {
  if (node.type === "ImportDeclaration") {
    return (node.specifiers ?? []).map(({ local }) => local.name);
  }
  if (node.declarations !== undefined) return node.declarations.flatMap(({ id }) => namesIn(id));
  return node.id?.name === undefined ? [] : [node.id.name];
}

function namesIn(pattern: PatternNode | null | undefined): readonly string[] {
  if (pattern === null || pattern === undefined) return [];
  if (pattern.name !== undefined) return [pattern.name];
  const parts = [...(pattern.elements ?? []), ...(pattern.properties ?? []).map((p) => p.value)];
  return parts.flatMap(namesIn);
}

/** Whether a program has import lines of its own: it stands alone. */
export function isWholeProgram(text: string): boolean {
  return statementsOf(text).some(({ isImport }) => isImport);
}

/** A module that exports `run(given)`; a whole program runs when the module is imported. */
export function moduleOf(text: string, givens: Givens, specifiers: Specifiers): string {
  const own = statementsOf(text);
  const isWhole = own.some(({ isImport }) => isImport);
  if (isWhole) return `${withSpecifiers(text, specifiers)}\nexport {};\n`;
  const declared = new Set(own.flatMap(({ declares }) => declares));
  const prelude: Statement[] = [];
  let used = text;
  // From the last statement to the first: one may use what an earlier one declares.
  for (const statement of givens.statements.toReversed()) {
    const isUsed = statement.declares.some((name) => !declared.has(name) && uses(used, name));
    if (!isUsed || statement.isImport) continue;
    prelude.unshift(statement);
    for (const name of statement.declares) declared.add(name);
    used = `${statement.text}\n${used}`;
  }
  const imports = [...givens.exports].flatMap(([from, names]) => {
    const wanted = names.filter(({ name }) => !declared.has(name) && uses(used, name));
    if (wanted.length === 0) return [];
    const list = wanted.map(({ isType, name }) => `${isType ? "type " : ""}${name}`).join(", ");
    return [withSpecifiers(`import { ${list} } from "${from}";`, specifiers)];
  });
  const values = givens.values.filter((name) => !declared.has(name) && uses(used, name));
  const names = own.flatMap(({ declares }) => declares).filter((name) => /^[a-z]/.test(name));
  return [
    ...imports,
    `import type { Given } from "${specifiers.given}";`,
    "",
    `export async function run({ ${["watch", ...values].join(", ")} }: Given): Promise<void> {`,
    ...prelude.map((statement) => statement.text.trim()),
    text,
    `watch({ ${names.join(", ")} });`,
    "}",
    "",
  ].join("\n");
}

function withSpecifiers(text: string, { millrace, testing }: Specifiers): string {
  return text
    .replaceAll('from "millrace"', `from "${millrace}"`)
    .replaceAll('from "millrace/testing"', `from "${testing}"`);
}

function uses(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$."'])${name}(?![\\w$])`).test(text);
}

/** The names that a module exports, of whatever it exports them from. */
export function exportedNames(text: string): readonly ExportedName[] {
  const { module } = parseSync("index.ts", text);
  return module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ exportName, isType }) =>
      exportName.name === null ? [] : [{ name: exportName.name, isType }],
    );
}
