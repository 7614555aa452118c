/** The module form of a program: who runs it, and that nobody runs it twice. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  Application,
  type ApplicationOptions,
  application,
  type DStream,
  type StreamingContext,
  seconds,
} from "../../../src/index.ts";
import { ManualClock } from "../../../src/testing/index.ts";
import { millracePath, ProgramFolder, sources } from "./written-program.ts";

/** An application of batches of 20 ms that tells what becomes of it, and stops after its first batch. */
const declaration = `application({ batchInterval: milliseconds(20) }, (ssc) => {
  console.log("declared on the " + (ssc.isDriver ? "driver" : "executor"));
  let said = false;
  ssc.queueStream([[1, 2]]).foreachRDD(async (dataset) => {
    if (!said) console.log("batch of " + (await dataset.count()));
    said = true;
    void ssc.stop();
  });
})`;
const imports = `import { application, milliseconds } from "${sources.millrace}";
console.log("evaluated");
`;
const requires = `const { application, milliseconds } = require("${millracePath}");
console.log("evaluated");
`;
const once = ["evaluated", "declared on the driver", "batch of 2"];

describe("a module that exports an application by default", () => {
  test.each([
    ["a module in TypeScript", "app.ts", `${imports}export default ${declaration};`],
    ["a module in JavaScript", "app.mjs", `${imports}export default ${declaration};`],
    [
      "a file that only its syntax tells from CommonJS",
      "app.js",
      `${imports}export default ${declaration};`,
    ],
    ["a module of CommonJS", "app.cjs", `${requires}module.exports = ${declaration};`],
    ["a module transpiled to CommonJS", "app.cjs", `${requires}exports.default = ${declaration};`],
    [
      "a module that waits before it declares",
      "app.mjs",
      `${imports}await new Promise((resolve) => setTimeout(resolve, 5));\nexport default ${declaration};`,
    ],
    [
      "a module that goes on to wait",
      "app.mjs",
      `${imports}const app = ${declaration};\nexport default app;\nawait new Promise((resolve) => setTimeout(resolve, 5));`,
    ],
  ])("runs as the main program, once: %s", async (_what, name, text) => {
    const folder = new ProgramFolder();
    folder.write(name, text);
    const { code, errors, lines } = await folder.run([name]);
    expect(errors).toBe("");
    expect(lines).toEqual(once);
    expect(code).toBe(0);
  });

  test.each([
    ["by a link", []],
    ["by a link that Node is told to keep", ["--preserve-symlinks-main"]],
  ])("runs once when it is called %s", async (_how, node) => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", `${imports}export default ${declaration};`);
    symlinkSync(join(folder.path, "app.mjs"), join(folder.path, "link.mjs"));
    const { errors, lines } = await folder.run(["link.mjs"], { node });
    expect(errors).toBe("");
    expect(lines).toEqual(once);
  });

  test("runs as the main program also where another module has declared it, or has it", async () => {
    const folder = new ProgramFolder();
    folder.write(
      "made.mjs",
      `${imports}export const make = async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        return ${declaration};
      };`,
    );
    folder.write("app.mjs", 'import { make } from "./made.mjs";\nexport default await make();');
    folder.write("again.mjs", 'export { default } from "./app.mjs";');
    expect((await folder.run(["app.mjs"])).lines).toEqual(once);
    expect((await folder.run(["again.mjs"])).lines).toEqual(once);
  });

  test("does not run when it is imported", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", `${imports}export default ${declaration};`);
    folder.write("main.mjs", 'import "./app.mjs";\nconsole.log("imported");');
    expect((await folder.run(["main.mjs"])).lines).toEqual(["evaluated", "imported"]);
    const evaluated = ["--input-type=module", "-e", 'import "./app.mjs"', "app.mjs"];
    expect((await folder.run(evaluated)).lines).toEqual(["evaluated"]);
    folder.write("named.mjs", `${imports}export const app = ${declaration};`);
    expect((await folder.run(["named.mjs"])).lines).toEqual(["evaluated"]);
  });

  test("does not run in a worker thread, whose main program is another matter", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", `${imports}export default ${declaration};`);
    folder.write(
      "main.mjs",
      `import { Worker } from "node:worker_threads";
      new Worker(new URL("./app.mjs", import.meta.url)).on("exit", () => console.log("exit"));`,
    );
    expect((await folder.run(["main.mjs"])).lines).toEqual(["evaluated", "exit"]);
  });

  test("is run by whoever imports it, and resolves when it has stopped", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", `${imports}export default ${declaration};`);
    folder.write(
      "main.mjs",
      'import app from "./app.mjs";\nawait app.run();\nconsole.log("stopped");',
    );
    expect((await folder.run(["main.mjs"])).lines).toEqual([...once, "stopped"]);
  });

  test.each([
    ["runs it", "await app.run();"],
    ["opens it", "const ssc = await app.open(); await ssc.start(); await ssc.awaitTermination();"],
  ])("is not run again where the module itself %s", async (_what, statements) => {
    const folder = new ProgramFolder();
    folder.write(
      "app.mjs",
      `${imports}const app = ${declaration};\nexport default app;\n${statements}\nconsole.log("stopped");`,
    );
    expect((await folder.run(["app.mjs"])).lines).toEqual([...once, "stopped"]);
  });

  test("ends the process with code 1 and the error when it fails", async () => {
    const folder = new ProgramFolder();
    folder.write(
      "app.mjs",
      `${imports}export default application({ batchInterval: milliseconds(20) }, () => {});`,
    );
    const { code, errors } = await folder.run(["app.mjs"]);
    expect(code).toBe(1);
    expect(errors).toContain("output_missing");
  });

  test("does not run when its module fails behind it", async () => {
    const folder = new ProgramFolder();
    folder.write("app.mjs", `${imports}export default ${declaration};\nthrow new Error("no");`);
    const { code, errors, lines } = await folder.run(["app.mjs"]);
    expect(lines).toEqual(["evaluated"]);
    expect(errors).toContain("Error: no");
    expect(code).toBe(1);
  });
});

describe("an application", () => {
  const options: ApplicationOptions = { batchInterval: seconds(1), appName: "declared" };
  const declare = (
    ssc: StreamingContext,
    note: (numbers: readonly number[]) => void = () => {},
  ) => {
    const numbers: DStream<number> = ssc.queueStream([[1], [2]]);
    numbers.foreachRDD(async (dataset) => note(await dataset.collect()));
  };

  test("declares its streams anew in each context that is opened, also where that waits", async () => {
    let declared = 0;
    const app = application(options, async (ssc) => {
      await Promise.resolve();
      declare(ssc);
      declared += 1;
    });
    expect(declared).toBe(0);
    const [one, other] = [await app.open(), await app.open()];
    expect(declared).toBe(2);
    expect(one).not.toBe(other);
    expect([one.appName, one.state]).toEqual(["declared", "INITIALIZED"]);
    await Promise.all([one.stop(), other.stop()]);
  });

  test("takes other options from whoever opens or runs it", async () => {
    const clock = new ManualClock();
    const batches: (readonly number[])[] = [];
    const app = application(options, (ssc) => {
      declare(ssc, (numbers) => {
        batches.push(numbers);
        if (batches.length === 2) void ssc.stop();
      });
    });
    const run = app.run({ clock });
    await clock.advance(2000);
    await run;
    expect(batches).toEqual([[1], [2]]);
    const ssc = await app.open({ appName: "another" });
    expect(ssc.appName).toBe("another");
    await ssc.stop();
  });

  test("run rejects with what failed", async () => {
    const app = application(options, () => {
      throw new RangeError("nothing to declare");
    });
    await expect(app.run()).rejects.toThrow("nothing to declare");
  });

  test("refuses what is no application at the call", () => {
    expect(() => application(null as never, () => {})).toThrow(/argument_invalid/);
    expect(() => application(options, "streams" as never)).toThrow(/argument_invalid/);
    expect(new Application(options, () => {})).toBeInstanceOf(Application);
  });
});
