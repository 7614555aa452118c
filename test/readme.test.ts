/**
 * Owns: that the README is true: its code compiles, runs, and prints what it says.
 *
 * Every fenced block has one of these languages, and nothing else is allowed:
 * - `ts`: code. All blocks are checked by one run of the compiler, then each one runs. A block with import lines stands
 *   alone; any other one is the body of a function, in front of which stands what it uses without declaring it: what
 *   "millrace" and "millrace/testing" export, the statements of the block under the heading "How to read the examples"
 *   (`lines`, `words`, `pairs`, `show`), and what world.ts gives: `ssc`, a context with batches of a second, and `pool`.
 * - `text` behind a `ts` block under the same heading: exactly what that block prints; elsewhere a picture.
 * - `sh`: commands; those of npm are scripts of package.json.
 *
 * A block runs under the manual clock, in a folder of its own. Its contexts are started if it does not, run 3 batches (or
 * as many as `batches=N` behind `ts` says), and are stopped; then nothing may have failed (or `fails=CODE` says what has) and
 * nothing may have been logged (or `warns` says that it may). The port 9999 stands for that of a server which sends "hello
 * world" for the first batch and "hello again" for the second; the folder `logs` gets a file before each of these batches.
 * An application that a block exports is run. A context that a block makes behind another one, as a restart would, begins at the time that the first one reached, and
 * finds the files that it left.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tableLines } from "../examples/flights/live-table.ts";
import { errorCodes } from "../src/base/error-codes.ts";
import {
  Application,
  DataContext,
  DStream,
  MapWithStateDStream,
  RDD,
  StreamingContext as RealStreamingContext,
  Receiver,
  StateSpec,
  StorageLevels,
  type StreamError,
  seconds,
} from "../src/index.ts";
import {
  exportedNames,
  type Givens,
  isWholeProgram,
  moduleOf,
  type Specifiers,
  statementsOf,
} from "./readme/block-module.ts";
import { StreamingContext } from "./readme/driven-millrace.ts";
import { interfacesOfSources } from "./readme/interfaces.ts";
import { type Block, blocksOf, rowsOf, sectionsOf } from "./readme/markdown.ts";
import { type Given, LineServer, World } from "./readme/world.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("README.md");
const blocks = blocksOf(page);
const interfaces = interfacesOfSources(join(root, "src"));
/** What a program of the guide does not need. */
const forOwnOperators = ["registerReceivers", "receiverStreamIds", "servesReceivers", "runJob"];
const codeBlocks = blocks.filter(({ language }) => language === "ts");
const givenHeading = "How to read the examples";
const portOfReadme = "9999";
/** A time of day for programs, which a reader would see as such. */
const programStartMs = 1_357_008_279_000;

const givens: Givens = {
  exports: new Map([
    ["millrace", exportedNames(read("src/index.ts"))],
    ["millrace/testing", exportedNames(read("src/testing/index.ts"))],
  ]),
  statements: codeBlocks
    .filter(({ heading }) => heading === givenHeading)
    .flatMap(({ text }) => statementsOf(text)),
  values: ["ssc", "pool"],
};

const folder = join(root, ".tmp", "readme");
const checkedAs: Specifiers = {
  millrace: "millrace",
  testing: "millrace/testing",
  given: "../../../test/readme/world.ts",
};
const runAs: Specifiers = {
  ...checkedAs,
  millrace: "../../../test/readme/driven-millrace.ts",
  testing: "../../../src/testing/index.ts",
};
const fileOf = (block: Block) => `line-${String(block.line).padStart(4, "0")}.ts`;

const server = new LineServer();

beforeAll(async () => {
  const port = await server.listen();
  rmSync(folder, { recursive: true, force: true });
  for (const kind of ["checked", "run"]) mkdirSync(join(folder, kind), { recursive: true });
  for (const block of codeBlocks) {
    const runnable = block.text.replaceAll(portOfReadme, String(port));
    write(`checked/${fileOf(block)}`, moduleOf(block.text, givens, checkedAs));
    write(`run/${fileOf(block)}`, moduleOf(runnable, givens, runAs));
  }
  write(
    "tsconfig.json",
    JSON.stringify({
      extends: "../../tsconfig.json",
      // Examples declare what they do not go on to use.
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      include: ["checked"],
    }),
  );
});

afterAll(() => server.close());

function write(path: string, text: string): void {
  writeFileSync(join(folder, path), text);
}

describe("the blocks of the README", () => {
  test("are code, what it prints, commands, or pictures", () => {
    const known = ["ts", "text", "sh"];
    const unknown = blocks.filter(({ language }) => !known.includes(language));
    expect(unknown.map(({ language, line }) => `line ${line}: ${language}`)).toEqual([]);
  });

  test("compile as a user's program does", () => {
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", join(folder, "tsconfig.json")], {
      encoding: "utf8",
      cwd: root,
    });
    expect(stdout).toBe("");
  });

  test.each(codeBlocks.map((block) => [block.line, block.heading, block] as const))(
    "the code of line %i (%s) runs and prints what stands behind it",
    async (_line, _heading, block) => {
      const { written, warnings, code } = await runBlock(block);
      expect(code).toBe(block.settings.get("fails"));
      if (block.next?.language === "text") expect(written).toBe(block.next.text.trimEnd());
      if (!block.settings.has("warns")) expect(warnings).toEqual([]);
    },
  );
});

describe("the README names", () => {
  test.each([
    ["method of a stream", methodsOf(DStream.prototype)],
    ["method of a stream with states", methodsOf(MapWithStateDStream.prototype)],
    ["method of a dataset", methodsOf(RDD.prototype)],
    ["method of a StreamingContext", methodsOf(RealStreamingContext.prototype)],
    ["method of a DataContext", methodsOf(DataContext.prototype)],
    ["method of a receiver", methodsOf(Receiver.prototype)],
    ["method of the manual clock", ["advance"]],
    ["method of a state", interfaces.get("State") ?? []],
    ["method of a StateSpec", methodsOf(StateSpec.prototype)],
    ["event of a listener", interfaces.get("StreamingListener") ?? []],
    ["storage level", Object.keys(StorageLevels).filter((name) => name !== "NONE")],
    ["kind of error", [...new Set(Object.values(errorCodes).map(({ kind }) => kind))]],
  ])("every %s", (_what, names) => {
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
  });
});

describe("what the README says of the repository", () => {
  const { engines, scripts } = JSON.parse(read("package.json")) as {
    engines: { node: string };
    scripts: Record<string, string>;
  };

  test("its commands of npm are those of package.json", () => {
    const shell = blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
    const names = shell.flatMap((text) =>
      [...text.matchAll(/npm (?:run )?(\S+)/g)].map(([, name = ""]) => name),
    );
    const builtIn = ["ci", "install"];
    const unknown = names.filter((name) => !builtIn.includes(name) && !(name in scripts));
    expect(unknown).toEqual([]);
    expect(shell).toContain("npm ci && npm start");
  });

  test("its test command is what the CI runs", () => {
    const run = read(".ci/run").trimEnd().split("\n").slice(-2);
    expect(blocks.map(({ text }) => text)).toContain(run.join(" && "));
  });

  test("its version of Node is the one that package.json asks for", () => {
    const [, version = ""] = /Node (\S+) or later/.exec(page) ?? [];
    expect(engines.node).toBe(`>=${version}`);
  });

  test("its links lead somewhere", () => {
    const anchors = sectionsOf(page).map(({ heading }) => anchorOf(heading));
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    const dead = links.filter((link) =>
      link.startsWith("#") ? !anchors.includes(link.slice(1)) : !existsSync(join(root, link)),
    );
    expect(dead).toEqual([]);
  });

  test("it links to every page about a format", () => {
    const pages = readdirSync(join(root, "docs", "format"));
    expect(pages.length).toBeGreaterThan(0);
    expect(pages.filter((name) => !page.includes(`](docs/format/${name})`))).toEqual([]);
  });

  test("its quick example is the example of that name, as far as it goes", () => {
    const example = read("examples/02-network-word-count.ts").split("\n");
    const quick = codeBlocks[0]?.text.split("\n") ?? [];
    const graph = quick.slice(quick.findIndex((line) => line.startsWith("const words")));
    const from = example.findIndex((line) => line === graph[0]);
    expect(example.slice(from, from + graph.length)).toEqual(graph);
  });

  test("its figures are medians of BENCHMARKS.md", () => {
    const measured = read("BENCHMARKS.md").split("\n");
    const figures = rowsOf(page, "figure");
    expect(figures.length).toBeGreaterThan(0);
    for (const [figure = "", median = ""] of figures) {
      expect(measured.find((line) => line.includes(figure))).toContain(median);
    }
  });

  test("its table of flights is the one that the main job draws", () => {
    const progress = {
      flights: 1,
      total: 1,
      day: "",
      elapsedMs: 1,
      batches: 1,
      lastBatch: { records: 1, processingMs: 1, waitedMs: 1 },
    };
    const drawn = tableLines({
      progress,
      airports: new Map(),
      routes: new Map(),
      windowSeconds: 5,
    });
    const [title = "", columns = ""] = drawn.slice(3);
    expect(title).toContain("Delays in minutes");
    expect(page).toContain(`${title}\n${columns}\n`);
  });
});

/** The names of what a class and those above it have, but for what is for operators of one's own. */
function methodsOf(prototype: object): readonly string[] {
  const above: unknown = Object.getPrototypeOf(prototype);
  const inherited = above === Object.prototype || above === null ? [] : methodsOf(above as object);
  const own = Object.getOwnPropertyNames(prototype).filter((name) => name !== "constructor");
  return [...new Set([...own, ...inherited])].filter((name) => !forOwnOperators.includes(name));
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

/** Runs a block to its end; `code` is that of the error that it ends with, if it does. */
async function runBlock(
  block: Block,
): Promise<{ written: string; warnings: readonly string[]; code: string | undefined }> {
  const world = new World({
    server,
    batches: Number(block.settings.get("batches") ?? 3),
    startMs: isWholeProgram(block.text) ? programStartMs : 0,
    usesServer: block.text.includes(portOfReadme),
  });
  const url = pathToFileURL(join(folder, "run", fileOf(block))).href;
  const given = world.given(
    () => new StreamingContext({ batchInterval: seconds(1), attempts: 1, onFailure: "stop" }),
  );
  const run = world.run(async () => {
    const module = (await import(/* @vite-ignore */ url)) as {
      run?: (given: Given) => Promise<void>;
      default?: unknown;
    };
    await module.run?.(given);
    // As it does where such a program is the main one.
    if (module.default instanceof Application) await module.default.run();
  });
  const code = await run.then(
    () => undefined,
    (error: StreamError) => {
      if (!block.settings.has("fails")) throw error;
      return error.code;
    },
  );
  return { written: world.written, warnings: world.warnings, code };
}
