/** How a checkpoint notes the module of an application, and where a later process looks for it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cwd } from "node:process";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { executorModuleOf, type LoadedApplication } from "../../../src/context/index.ts";
import { addressOf, type ModuleNote, notedOf, noteIn } from "../../../src/context/module-note.ts";
import { ProgramFolder } from "./written-program.ts";

let folder: ProgramFolder;

beforeEach(() => {
  folder = new ProgramFolder();
  workIn(folder.path);
});

function workIn(path: string): void {
  const before = cwd();
  process.chdir(path);
  onTestFinished(() => process.chdir(before));
}

/** An application whose module is known, or is not. */
function applicationOf(module: string | undefined): LoadedApplication {
  const nothing = () => Promise.resolve();
  const facts = { mark: "millrace application", module, isOpened: false } as const;
  return { facts, create: nothing, run: nothing };
}

const noteFor = (path: string): ModuleNote | undefined =>
  noteIn(notedOf(applicationOf(folder.addressOf(path)), undefined));

const notedCode = (note: ModuleNote): string | undefined => {
  try {
    addressOf(note);
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

describe("the note of a module", () => {
  test("is its path in the nearest package that has a name", () => {
    mkdirSync(join(folder.path, "src", "streams"), { recursive: true });
    folder.write("package.json", '{ "name": "my-app" }');
    folder.write("src/package.json", '{ "type": "module" }');
    folder.write("src/streams/app.ts", "");
    const note = noteFor("src/streams/app.ts");
    expect(note).toEqual({ package: "my-app", path: "src/streams/app.ts" });
    if (note === undefined) return;
    expect(addressOf(note)).toBe(folder.addressOf("src/streams/app.ts"));
    workIn(join(folder.path, "src"));
    expect(addressOf(note)).toBe(folder.addressOf("src/streams/app.ts"));
  });

  test("is found where the package is by now, and only there", () => {
    folder.write("package.json", '{ "name": "my-app" }');
    folder.write("app.ts", "");
    const note = noteFor("app.ts");
    const elsewhere = new ProgramFolder();
    workIn(elsewhere.path);
    expect(note && notedCode(note)).toBe("application_module_missing");
    elsewhere.write("app.ts", "");
    expect(note && notedCode(note)).toBe("application_module_missing");
    elsewhere.write("package.json", '{ "name": "my-app" }');
    expect(note && addressOf(note)).toBe(elsewhere.addressOf("app.ts"));
  });

  test("is its path in the working directory where it has no package", () => {
    folder.write("app.ts", "");
    const note = noteFor("app.ts");
    expect(note).toEqual({ package: null, path: "app.ts" });
    expect(note && addressOf(note)).toBe(folder.addressOf("app.ts"));
    workIn("/");
    expect(note && notedCode(note)).toBe("application_module_missing");
    // Nobody would look for it there.
    workIn(new ProgramFolder().path);
    expect(noteFor("app.ts")).toBeUndefined();
  });

  test("leads to nothing outside of these folders, whatever it says", () => {
    mkdirSync(join(folder.path, "inside"));
    folder.write("outside.ts", "");
    folder.write("inside/package.json", '{ "name": "my-app" }');
    workIn(join(folder.path, "inside"));
    for (const path of ["../outside.ts", "x/../../outside.ts", join(folder.path, "outside.ts")]) {
      expect(notedCode({ package: null, path })).toBe("application_module_missing");
      expect(notedCode({ package: "my-app", path })).toBe("application_module_missing");
    }
  });

  test("is that of the module which is named, and there is none where no module is known", () => {
    folder.write("app.ts", "");
    folder.write("named.ts", "");
    const noted = (application: LoadedApplication | undefined, named?: string) =>
      noteIn(notedOf(application, named));
    const app = applicationOf(folder.addressOf("app.ts"));
    expect(noted(app, "named.ts")).toEqual({ package: null, path: "named.ts" });
    expect(noted(applicationOf(undefined), "named.ts")?.path).toBe("named.ts");
    expect(noted(applicationOf(undefined))).toBeUndefined();
    // A program that is no application can be gone on with by nobody but itself.
    expect(noted(undefined, "named.ts")).toBeUndefined();
    expect(executorModuleOf("named.ts", app)).toBe(folder.addressOf("named.ts"));
  });
});
