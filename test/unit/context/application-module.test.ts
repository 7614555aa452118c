/** Which module a program is loaded from: by executors, and by a start that is given a checkpoint directory alone. */
import { mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { executorModuleOf, loadApplication, loadProgram } from "../../../src/context/index.ts";
import { StreamingContext } from "../../../src/index.ts";
import { type Ended, ProgramFolder, sources } from "./written-program.ts";

const imports = `import { fileURLToPath } from "node:url";
import { application, milliseconds, onDriver, StreamingContext } from "${sources.millrace}";
`;

/** What an executor's process does: it takes its role, tells when it serves, and what of the program it serves with. */
const entry = `
import { becomeExecutor, loadProgram } from "${sources.context}";
const serve = async (program) => {
  console.log("serves " + program.appName + " " + program.fingerprint);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  console.log("serving");
  await new Promise((resolve) => setTimeout(resolve, 2 ** 30));
};
becomeExecutor({ id: "e1", serve });
await loadProgram(process.argv[2], process.argv.slice(3));
console.log("loaded");
`;

/** Runs a program as an executor until it serves. */
async function asExecutor(folder: ProgramFolder, name: string): Promise<Ended> {
  folder.write("entry.mjs", entry);
  const env = { MILLRACE_EXECUTOR: "1" };
  const args = ["entry.mjs", folder.addressOf(name), "--an", "argument"];
  return folder.run(args, { env, until: "serving\n" });
}

const program = `
onDriver(() => console.log("once, on the driver"));
const declare = (ssc) => {
  ssc.onFirstStart(() => console.log("a first start"));
  let said = false;
  ssc.queueStream([[1, 2]]).uid("numbers").map((n) => n + 1).foreachRDD(async (dataset) => {
    if (!said) console.log("batch of " + (await dataset.count()));
    said = true;
    void ssc.stop();
  });
};
const isMain = process.argv[1] === fileURLToPath(import.meta.url);
const options = { appName: ["mirrored", ...(process.argv.length > 2 ? [isMain, ...process.argv.slice(2)] : [])].join(" "), batchInterval: milliseconds(20), allowNotResumable: ["numbers"] };
`;

const asModule = `${imports}${program}
export default application({ ...options, checkpointDirectory: "./kept" }, declare);
`;

const asProgram = `${imports}${program}
const ssc = await StreamingContext.getOrCreate("./kept", () => {
  const ssc = new StreamingContext(options);
  declare(ssc);
  return ssc;
});
console.log(ssc.isRecovering ? "goes on" : "begins");
await ssc.start();
await ssc.awaitTermination();
console.log("ended");
`;

describe("an executor", () => {
  test.each([
    ["a module", asModule, []],
    ["a program that starts by itself", asProgram, ["goes on"]],
  ])("comes to serve by %s, and touches nothing before", async (_what, text, said) => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", text);
    const { errors, lines } = await asExecutor(folder, "app.mjs");
    expect(errors).toBe("");
    expect(lines).toEqual([
      ...said,
      expect.stringMatching(/^serves mirrored true --an argument [0-9a-f]{16}$/),
      "serving",
    ]);
    expect((await readdir(folder.path)).toSorted()).toEqual(["app.mjs", "entry.mjs"]);
  });

  test("has the fingerprint of every other process of its program", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", asModule);
    folder.write("changed.mjs", asModule.replace("n + 1", "n + 2"));
    const one = await asExecutor(folder, "app.mjs");
    folder.write("moved.mjs", asModule);
    const other = await asExecutor(folder, "moved.mjs");
    const changed = await asExecutor(folder, "changed.mjs");
    expect(other.lines).toEqual(one.lines);
    expect(changed.lines).not.toEqual(one.lines);
  });

  test("is no driver by the main program either, and its module is not run twice", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", asModule);
    const env = { MILLRACE_EXECUTOR: "1" };
    const { code, errors, lines } = await folder.run(["app.mjs"], { env });
    expect(lines).toEqual([]);
    expect(errors).toContain("executor_unconnected");
    expect(code).toBe(1);
    const explicit = asModule.replace("export default ", "const app = ");
    folder.write("explicit.mjs", `${explicit}export default app;\nawait app.run();\n`);
    const served = await asExecutor(folder, "explicit.mjs");
    expect(served.lines).toHaveLength(2);
  });
});

describe("the module that executors load", () => {
  /** Prints what a program of that text finds. */
  const found = (named = "undefined") => `
import { executorModuleOf } from "${sources.context}";
try {
  console.log(executorModuleOf(${named}));
} catch (error) {
  console.log(error.code);
}
`;

  test("is the one that is named, by address or path", () => {
    const folder = new ProgramFolder();
    const path = folder.write("app.ts", "");
    const address = folder.addressOf("app.ts");
    expect(executorModuleOf(path, undefined)).toBe(address);
    expect(executorModuleOf(address, undefined)).toBe(address);
    expect(executorModuleOf(new URL(address), undefined)).toBe(address);
  });

  test("is not to be missing, nor elsewhere than on this machine", () => {
    const missing = join(new ProgramFolder().path, "app.ts");
    expect(() => executorModuleOf(missing, undefined)).toThrow(/application_module_missing/);
    const options = { batchInterval: 1000 as never, executorModule: "https://example.org/app.js" };
    expect(() => new StreamingContext(options)).toThrow(/argument_invalid/);
  });

  test("is the main program where none is named", async () => {
    const folder = new ProgramFolder();
    folder.write("main.mjs", found());
    expect((await folder.run(["main.mjs"])).lines).toEqual([folder.addressOf("main.mjs")]);
  });

  test.each([
    ["in evaluated code", ["--input-type=module", "-e", found(), "main.mjs"], "", {}],
    ["in code from a pipe", ["--input-type=module", "-"], found(), {}],
    ["in a file of tests", ["main.mjs"], "", { NODE_TEST_CONTEXT: "child-v8" }],
    ["in a tool", ["node_modules/tool/run.mjs"], "", {}],
  ])("is not known %s", async (_where, args, input, env) => {
    const folder = new ProgramFolder();
    folder.write("main.mjs", found());
    mkdirSync(join(folder.path, "node_modules", "tool"), { recursive: true });
    folder.write("node_modules/tool/run.mjs", found());
    const { lines } = await folder.run(args, { env, input });
    expect(lines).toEqual(["application_module_unknown"]);
  });

  test("is not known in this test runner, and the error shows how to write one", () => {
    expect(() => executorModuleOf(undefined, undefined)).toThrow(
      /export default application\(.*application_module_unknown/,
    );
  });

  test("is that of the application, whoever loads it", async () => {
    const folder = new ProgramFolder();
    folder.write(
      "app.mjs",
      `${imports}export default application({ batchInterval: milliseconds(20) }, () => {});`,
    );
    const app = await loadApplication(folder.addressOf("app.mjs"));
    expect(executorModuleOf(undefined, app)).toBe(folder.addressOf("app.mjs"));
  });
});

describe("a module that is loaded", () => {
  test.each([
    ["there is none", undefined, "application_module_missing"],
    ["it throws", 'throw new Error("no");', "application_module_failed"],
    ["it exports something else", "export default () => {};", "application_expected"],
    ["it exports nothing", "", "application_expected"],
  ])("is refused where %s", async (_what, text, code) => {
    const folder = new ProgramFolder();
    if (text !== undefined) folder.write("app.mjs", text);
    await expect(loadApplication(folder.addressOf("app.mjs"))).rejects.toMatchObject({ code });
  });

  test("is run as the main program would be", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", "export const ran = true;");
    const before = [...process.argv];
    onTestFinished(() => void process.argv.splice(0, process.argv.length, ...before));
    await loadProgram(folder.addressOf("app.mjs"), ["one"]);
    expect(process.argv.slice(1)).toEqual([join(folder.path, "app.mjs"), "one"]);
    await expect(loadProgram(folder.addressOf("none.mjs"))).rejects.toMatchObject({
      code: "application_module_missing",
    });
  });
});

describe("getOrCreate with a directory alone", () => {
  const again = (directory = "./kept") => `
import { StreamingContext } from "${sources.millrace}";
try {
  const ssc = await StreamingContext.getOrCreate("${directory}");
  console.log(ssc.appName + (ssc.isRecovering ? " goes on" : " begins"));
  await ssc.start();
  await ssc.awaitTermination();
} catch (error) {
  console.log(error.code);
}
`;

  test("goes on with the application whose module was the main program, wherever it is called, and keeps noting it", async () => {
    const folder = new ProgramFolder();
    folder.write("package.json", '{ "name": "my-app" }');
    mkdirSync(join(folder.path, "src"));
    folder.write("src/app.mjs", asModule);
    const main = folder.write("again.mjs", again(join(folder.path, "kept")));
    expect((await folder.run(["src/app.mjs"])).lines).toEqual([
      "once, on the driver",
      "a first start",
      "batch of 2",
    ]);
    const goesOn = ["once, on the driver", "mirrored goes on", "batch of 2"];
    expect((await folder.run([main])).lines).toEqual(goesOn);
    // The main program tells the package where the working directory does not.
    expect((await folder.run([main], { cwd: "/" })).lines).toEqual(goesOn);
  });

  test("is refused where nothing was left, and where a program left it that is no application", async () => {
    const folder = new ProgramFolder();
    folder.write("again.mjs", again());
    expect((await folder.run(["again.mjs"])).lines).toEqual(["checkpoint_absent"]);
    folder.write("program.mjs", asProgram);
    expect((await folder.run(["program.mjs"])).lines).toContain("ended");
    expect((await folder.run(["again.mjs"])).lines).toEqual(["application_unnoted"]);
  });

  test("refuses a function that is none", async () => {
    for (const create of [5, "create", null]) {
      const call = StreamingContext.getOrCreate("./nowhere", create as never);
      await expect(call).rejects.toMatchObject({ code: "argument_invalid" });
    }
  });
});
