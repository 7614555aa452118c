import { describe, expect, test } from "vitest";
import {
  readSettings,
  settingsText,
} from "../../../../src/executor/processes/executor-settings.ts";
import { argumentsForExecutors } from "../../../../src/executor/processes/node-arguments.ts";
import { siblingModule } from "../../../../src/executor/processes/sibling-module.ts";

describe("the launch of an executor", () => {
  test("hands on the arguments of Node, without those of one process", () => {
    expect(
      argumentsForExecutors([
        "--max-old-space-size=512",
        "--inspect-brk=9229",
        "--import",
        "./hooks.js",
        "-e",
        "run()",
        "--input-type",
        "module",
        "--watch-path=src",
        "--test-reporter=spec",
        "--enable-source-maps",
      ]),
    ).toEqual(["--max-old-space-size=512", "--import", "./hooks.js", "--enable-source-maps"]);
  });

  test("hands over settings that are the same there, and any other text is refused", () => {
    const settings = {
      id: "executor-1",
      slot: 0,
      addressBase: "/tmp/x/",
      directory: "/tmp/x",
      token: "t",
      driverPid: 5,
    };
    expect(readSettings(settingsText(settings))).toEqual(settings);
    for (const text of ["", "yes", "{}", JSON.stringify({ ...settings, slot: "0" })]) {
      expect(() => readSettings(text)).toThrow(
        expect.objectContaining({ code: "argument_invalid" }),
      );
    }
  });

  test("fails where the modules of executors are not beside this package, as in a bundle", () => {
    expect(() => siblingModule(import.meta.url, "preload")).toThrow(
      expect.objectContaining({ code: "executor_program_missing" }),
    );
  });
});
