/** What stands between a shell and the command line: the launcher, help, completion, colours, progress. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { millrace } from "./command-line.ts";
import { directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

const launcher = fileURLToPath(new URL("../../../bin/millrace.js", import.meta.url));

function asNode(version: string): { status: number | null; stderr: string; stdout: string } {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: "${version}" } });`;
  const module = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ["--import", module, launcher, "--version"], {
    encoding: "utf8",
  });
}

test.each(["22.11.0", "20.19.0", "18.0.0"])(
  "Node %s is told to be too old, in one line",
  (version) => {
    expect(asNode(version)).toMatchObject({
      status: 1,
      stdout: "",
      stderr: `millrace needs Node 22.12 or later, and this is Node ${version}\n`,
    });
  },
);

test.each(["22.12.0", "24.0.0"])("Node %s is not told so", (version) => {
  expect(asNode(version).stderr).not.toContain("needs Node");
});

test("help begins with examples, at every word", async () => {
  for (const words of [[], ["checkpoint"], ["ckpt", "state"], ["checkpoint", "state", "get"]]) {
    const { code, out } = await millrace([...words, "--help"]);
    expect(code).toBe(0);
    expect(out.split("\n")[0]).toBe("Examples:");
    expect(out).toContain("Usage: millrace");
  }
});

test("the version is that of the package", async () => {
  expect(await millrace(["--version"])).toEqual({ code: 0, out: "0.1.0\n", err: "" });
});

test("bash completes commands, and options of the command that stands there", async () => {
  const { code, out } = await millrace(["completion", "bash"]);
  expect(code).toBe(0);
  const completed = (...words: readonly string[]) => {
    const list = ["millrace", ...words].map((word) => `'${word}'`).join(" ");
    const script = `${out}\nCOMP_WORDS=(${list}); COMP_CWORD=${words.length}; _millrace; echo "\${COMPREPLY[*]}"`;
    return spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split(" ");
  };
  expect(completed("ch")).toEqual(["checkpoint"]);
  expect(completed("ckpt", "state", "")).toEqual("ls get scan top history set rm".split(" "));
  expect(completed("checkpoint", "state", "scan", "./ckpt", "--wh")).toEqual(["--where"]);
});

test.each(["zsh", "fish"])("there is a script for %s that knows every command", async (shell) => {
  const { code, out } = await millrace(["completion", shell]);
  expect(code).toBe(0);
  for (const word of ["checkpoint state history", "wal", "--ndjson".replace("--", "")]) {
    expect(out).toContain(word);
  }
});

test("another shell is refused with those that there are", async () => {
  const { code, err } = await millrace(["completion", "csh"]);
  expect(code).toBe(2);
  expect(err).toContain("bash, zsh, fish");
});

test("colours are for terminals, and go with NO_COLOR", async () => {
  const escape = "\u001b[";
  const line = ["ckpt", "ls", directory];
  expect((await millrace(line, { columns: 120, env: {} })).out).toContain(escape);
  expect((await millrace(line, { columns: 120, env: { NO_COLOR: "1" } })).out).not.toContain(
    escape,
  );
  expect((await millrace(line, { columns: 120, env: { TERM: "dumb" } })).out).not.toContain(escape);
  expect((await millrace(line, { env: {} })).out).not.toContain(escape);
});

test("a table fits its terminal, and a pipe gets all of it", async () => {
  const narrow = await millrace(["ckpt", "journal", directory], { columns: 60 });
  const lines = narrow.out.trimEnd().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(narrow.out).toContain("…");
  const piped = await millrace(["ckpt", "journal", directory]);
  expect(piped.out).not.toContain("…");
});
