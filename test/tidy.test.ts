/**
 * Owns: the rules of the house, each with its remedy in the message, and the proof that each rule can fail.
 * Does not own: what a linter or the compiler sees already.
 */
import { describe, expect, test } from "vitest";
import { checkCycles } from "./tidy/cycles.ts";
import {
  checkDefaultExports,
  checkEscapes,
  checkLengths,
  checkMachineGlobals,
  checkNames,
  checkSyntax,
  checkUnfinished,
} from "./tidy/habits.ts";
import { checkExamples, checkLayers, checkModuleHomes, checkPackages } from "./tidy/layers.ts";
import { checkLockfile, installedWithPackage } from "./tidy/package-files.ts";
import { readProjectFile, readTree } from "./tidy/read-tree.ts";
import { readSourceFile, type SourceFile } from "./tidy/source-file.ts";
import { printViolations, type Violation } from "./tidy/violation.ts";

type Check = (files: readonly SourceFile[]) => Violation[];
/** Made-up files: path -> text. */
type Files = Readonly<Record<string, string>>;

interface Rule {
  readonly claim: string;
  readonly check: Check;
  /** Each is one violation, of which the text is a part. */
  readonly broken: readonly (readonly [says: string, files: Files])[];
  readonly kept: readonly Files[];
}

const rules: readonly Rule[] = [
  {
    claim: "every file can be parsed",
    check: checkSyntax,
    broken: [["mend the syntax", { "src/base/a.ts": "const = 1;" }]],
    kept: [{ "src/base/a.ts": "const a: number = 1;" }],
  },
  {
    claim: "a folder imports lower layers only, through their index.ts",
    check: checkLayers,
    broken: [
      ["core (layer 3) imports scheduler (layer 5)", from("core/a.ts", "../scheduler/index.ts")],
      ["wal (layer 2) imports state (layer 2)", from("wal/a.ts", "../state/index.ts")],
      ["base (layer 0) imports . (layer 7)", from("base/a.ts", "../index.ts")],
      ["export it from src/base/index.ts", from("core/rdd/a.ts", "../../base/clock.ts")],
      ["export it from src/core/index.ts", from("context/a.ts", "../core/rdd/index.ts")],
      ["src/plumbing has no layer", from("plumbing/a.ts", "../base/index.ts")],
      ["imports core (layer 3)", { "src/base/a.ts": 'type A = import("../core/index.ts").A;' }],
      ["imports core (layer 3)", { "src/base/a.ts": 'export * from "../core/index.ts";' }],
      ["imports core (layer 3)", { "src/base/a.ts": 'const a = import("../core/index.ts");' }],
      ["imports test/a.ts", from("core/a.ts", "../../test/a.ts")],
      ["end in .ts", from("core/a.ts", "./b.js")],
    ],
    kept: [
      from("core/rdd/a.ts", "../../base/index.ts"),
      from("core/a.ts", "./rdd/b.ts"),
      from("index.ts", "./context/index.ts"),
      from("core/a.ts", "node:path"),
      {
        "src/base/a.ts":
          'const text = "import a from \'../core/index.ts\'"; // import "../core/b.ts"',
      },
      { "test/a.test.ts": 'import { a } from "../src/core/rdd/node.ts";' },
    ],
  },
  {
    claim: "no file imports itself by way of others",
    check: checkCycles,
    broken: [
      [
        "src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts",
        {
          "src/core/a.ts": 'import { b } from "./b.ts";',
          "src/core/b.ts": 'import type { C } from "./c.ts";',
          "src/core/c.ts": 'export { a } from "./a.ts";',
        },
      ],
    ],
    kept: [
      {
        "src/core/a.ts": 'import { b } from "./b.ts"; import { c } from "./c.ts";',
        "src/core/b.ts": 'import { c } from "./c.ts";',
        "src/core/c.ts": "export const c = 1;",
      },
    ],
  },
  {
    claim: "files, timers of Node and its performance hooks are touched by the edges only",
    check: checkModuleHomes,
    broken: [
      ["take the file port", from("core/a.ts", "node:fs")],
      ["take the file port", from("wal/a.ts", "node:fs/promises")],
      ["take the file port", from("wal/a.ts", "fs")],
      ["take the Clock", from("sources/a.ts", "node:timers/promises")],
      ["loads none of what the command line needs", from("inspect/a.ts", "commander")],
    ],
    kept: [from("base/a.ts", "node:fs"), from("sinks/text/a.ts", "node:fs/promises")],
  },
  {
    claim: "src imports only what is installed with the package",
    check: (files) => checkPackages(files, installed()),
    broken: [
      ['"vitest"', from("core/a.ts", "vitest")],
      ["add it to dependencies", from("core/a.ts", "@types/node/fs")],
      ['write "node:path"', from("core/a.ts", "path")],
    ],
    kept: [from("core/a.ts", "node:path"), { "test/a.ts": 'import { test } from "vitest";' }],
  },
  {
    claim: "an example imports the package as a user does",
    check: checkExamples,
    broken: [["as a user does", { "examples/01-a.ts": 'import { a } from "../src/index.ts";' }]],
    kept: [{ "examples/01-a.ts": 'import { a } from "millrace"; import "./words/list.ts";' }],
  },
  {
    claim: "no file has more than 500 lines",
    check: checkLengths,
    broken: [["has 501 lines", { "src/core/a.ts": "// line\n".repeat(501) }]],
    kept: [{ "src/core/a.ts": "// line\n".repeat(500) }],
  },
  {
    claim: "file names are in kebab-case and say something",
    check: checkNames,
    broken: [
      ["kebab-case", { "src/core/fooBar.ts": "" }],
      ["kebab-case", { "test/Foo.test.ts": "" }],
      ['has "utils"', { "src/core/time-utils.ts": "" }],
      ['has "manager"', { "src/core/manager.ts": "" }],
    ],
    kept: [
      { "src/core/block-store.ts": "", "test/types/pairs.test-d.ts": "", "bench/01-a.ts": "" },
    ],
  },
  {
    claim: "no type of src is any, and no error of src is suppressed",
    check: checkEscapes,
    broken: [
      ["`any`", { "src/core/a.ts": "const f = (...args: any[]): void => {};" }],
      ["`@ts-ignore`", { "src/core/a.ts": "// @ts-ignore\nconst a = 1;" }],
      [":2 has `@ts-expect-error`", { "src/core/a.ts": "/*\n @ts-expect-error */ f();" }],
    ],
    kept: [
      { "src/core/a.ts": 'const any = "any"; // any, not @ts-anything' },
      { "test/types/a.test-d.ts": "// @ts-expect-error\nconst a: number = '';" },
    ],
  },
  {
    claim: "src takes time and chance as parameters, base apart",
    check: checkMachineGlobals,
    broken: [
      ["`Date.now`", { "src/core/a.ts": "const now = Date.now;" }],
      ["`new Date()`", { "src/core/a.ts": "const now = new Date();" }],
      ["`new Date()`", { "src/core/a.ts": "const now = Date();" }],
      ["`setTimeout`", { "src/core/a.ts": "setTimeout(() => {}, 1);" }],
      ["`setTimeout`", { "src/core/a.ts": "const { setTimeout } = globalThis;" }],
      ["`setInterval`", { "src/core/a.ts": "globalThis.setInterval(() => {}, 1);" }],
      ["`setImmediate`", { "src/core/a.ts": "new Promise((resolve) => setImmediate(resolve));" }],
      ["`Math.random`", { "src/core/a.ts": "Math.random();" }],
      ["`Math.random`", { "src/core/a.ts": 'globalThis.Math["random"]();' }],
      ["`performance.now`", { "src/core/a.ts": "performance.now();" }],
      ["`process.hrtime`", { "src/core/a.ts": "process.hrtime.bigint();" }],
    ],
    kept: [
      { "src/base/clock.ts": "Date.now(); setTimeout(() => {}, 1);" },
      { "test/a.test.ts": "Date.now();" },
      { "src/core/a.ts": "new Date(0); Date.parse(''); clock.now(); clock.setTimeout(1);" },
      {
        "src/core/a.ts":
          'const clock = { setTimeout: 1 }; const text = "Date.now()"; // Math.random()',
      },
    ],
  },
  {
    claim: "src has no default export",
    check: checkDefaultExports,
    broken: [
      ["`default`", { "src/core/a.ts": "export default function a(): void {}" }],
      ["`default`", { "src/core/a.ts": "const a = 1; export { a as default };" }],
      ["`default`", { "src/core/a.ts": 'export { a as default } from "./a.ts";' }],
    ],
    kept: [{ "src/core/a.ts": 'export const a = "export default";' }],
  },
  {
    claim: "nothing in src says that it is unfinished",
    check: checkUnfinished,
    broken: [
      ["src/core/a.ts:2 has `TODO`", { "src/core/a.ts": "const a = 1;\n// TODO: more" }],
      ["`FIXME`", { "src/core/a.ts": "/** FIXME */" }],
      ["`XXX`", { "src/core/a.ts": "// XXX" }],
      ["`HACK`", { "src/core/a.ts": "// HACK" }],
    ],
    kept: [{ "src/core/a.ts": "const todo = 1; // HACKED, TODOS" }],
  },
];

describe("the house is tidy", () => {
  const tree = readTree();

  test("the rules look at the sources and at the tests", () => {
    const paths = tree.map(({ path }) => path);
    expect(paths).toContain("src/base/index.ts");
    expect(paths).toContain("test/tidy.test.ts");
  });

  for (const { claim, check } of rules) {
    test(claim, () => {
      expect(printViolations(check(tree))).toEqual([]);
    });
  }

  test("the lockfile names no registry but the public one", () => {
    expect(printViolations(checkLockfile(readProjectFile("package-lock.json")))).toEqual([]);
  });
});

describe("a rule sees what breaks it, and nothing else", () => {
  for (const { claim, check, broken, kept } of rules) {
    for (const [says, files] of broken) {
      test(`${titleOf(files)} is found: ${says}`, () => {
        expect(printViolations(check(parsed(files)))).toEqual([expect.stringContaining(says)]);
      });
    }
    for (const files of kept) {
      test(`${titleOf(files)} is left alone: ${claim}`, () => {
        expect(printViolations(check(parsed(files)))).toEqual([]);
      });
    }
  }

  test("what is installed with the package may be imported, by its name and by its paths", () => {
    const files = parsed({
      "src/core/a.ts": 'import "@scope/one/a"; import "two"; import "two/b";',
    });
    expect(checkPackages(files, new Set(["@scope/one", "two"]))).toEqual([]);
    expect(checkPackages(files, new Set(["@scope/other"]))).toHaveLength(3);
  });

  test("a lockfile with the host of a machine breaks its rule", () => {
    const packages = {
      "": {},
      "node_modules/a": { resolved: "https://registry.npmjs.org/a/-/a-1.0.0.tgz" },
      "node_modules/b": { resolved: "http://127.0.0.1:4873/b/-/b-1.0.0.tgz" },
      "node_modules/c": {},
    };
    expect(printViolations(checkLockfile(JSON.stringify({ packages })))).toEqual([
      expect.stringContaining("package-lock.json node_modules/b is resolved to http://127.0.0.1"),
    ]);
  });
});

/** One file of src that imports one module. */
function from(path: string, specifier: string): Files {
  return { [`src/${path}`]: `import { a } from "${specifier}";` };
}

/** `src/core/a.ts (setTimeout(f, 1);)`, cut where it gets long. */
function titleOf(files: Files): string {
  const [path = "", text = ""] = Object.entries(files)[0] ?? [];
  return `${path} (${text.replaceAll("\n", " ").slice(0, 70).trim()})`;
}

function parsed(files: Files): SourceFile[] {
  return Object.entries(files).map(([path, text]) => readSourceFile(path, text));
}

function installed(): Set<string> {
  return installedWithPackage(readProjectFile("package.json"));
}
