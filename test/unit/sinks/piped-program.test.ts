import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { datasetFiles } from "../../../src/sinks/index.ts";

const failedWith = (details: object) =>
  expect.objectContaining({ code: "pipe_failed", details: expect.objectContaining(details) });

const node = (program: string) => [process.execPath, "-e", program];

describe("pipe", () => {
  let directory: string;
  let abort: AbortController;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-pipe-"));
    abort = new AbortController();
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  function open(
    command: string | readonly string[],
    lines: Iterable<string>,
    env: Record<string, string> = {},
  ): AsyncIterable<string> {
    return datasetFiles.pipe(command, lines, { env, signal: abort.signal });
  }

  async function run(...args: Parameters<typeof open>): Promise<string[]> {
    const output: string[] = [];
    for await (const line of open(...args)) output.push(line);
    return output;
  }

  /** Resolves when no process of that id runs any more. */
  async function ended(pid: number): Promise<void> {
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        return;
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  test("gives each line to the program and takes each line that it prints", async () => {
    expect(await run(["cat"], ["a", "", "ü b"])).toEqual(["a", "", "ü b"]);
  });

  test("runs a string by the shell, and an array without one", async () => {
    expect(await run("sort | head -n 2", ["c", "b", "a"])).toEqual(["a", "b"]);
    expect(await run(["echo", "$HOME | *"], [])).toEqual(["$HOME | *"]);
  });

  test("ends lines at \\n and \\r\\n, and takes a last line without an end", async () => {
    expect(await run(["printf", "a\\r\\nb\\n\\nc"], [])).toEqual(["a", "b", "", "c"]);
    expect(await run(["true"], [])).toEqual([]);
  });

  test("gives the program the environment of this process and more", async () => {
    expect(await run('echo "$GREETING ${PATH:+and PATH}"', [], { GREETING: "hello" })).toEqual([
      "hello and PATH",
    ]);
  });

  test("carries more than pipes hold, in both directions at once", async () => {
    const lines = Array.from({ length: 200_000 }, (_, index) => `line number ${index} ü`);
    const output = await run(["cat"], lines);
    expect(output).toHaveLength(lines.length);
    expect(output.at(-1)).toBe(lines.at(-1));
  });

  test("asks for no more lines than the program reads", async () => {
    let asked = 0;
    function* endless(): Generator<string> {
      for (;;) {
        asked += 1;
        yield "y".repeat(1023);
      }
    }
    expect(await run(["head", "-n", "1"], endless())).toHaveLength(1);
    expect(asked).toBeLessThan(5000);
  });

  test("a program need not read its input", async () => {
    const lines = Array.from({ length: 100_000 }, () => "unread");
    expect(await run(["echo", "done"], lines)).toEqual(["done"]);
  });

  test("an exit code that is not 0 is an error with the last lines of standard error", async () => {
    const program =
      "process.stderr.write('first\\n'.repeat(3000) + 'the reason\\n'); process.exitCode = 3";
    await expect(run(node(program), ["x"])).rejects.toEqual(
      failedWith({ exitCode: 3, stderr: expect.stringMatching(/^(first\n){19}the reason$/) }),
    );
  });

  test("output before a failure is given before the error", async () => {
    const output: string[] = [];
    const reading = (async () => {
      for await (const line of open("echo one; exit 2", [])) output.push(line);
    })();
    await expect(reading).rejects.toEqual(failedWith({ exitCode: 2 }));
    expect(output).toEqual(["one"]);
  });

  test("a program that dies by a signal is an error that names it", async () => {
    await expect(run("kill -9 $$", [])).rejects.toEqual(failedWith({ signal: "SIGKILL" }));
  });

  test("a program that cannot be started is an error with the reason", async () => {
    const missing = join(directory, "no-such-program");
    await expect(run([missing], ["x"])).rejects.toMatchObject({
      code: "pipe_failed",
      cause: { code: "ENOENT" },
    });
    await expect(run([], [])).rejects.toEqual(failedWith({}));
    await expect(run("no-such-program-at-all", [])).rejects.toEqual(failedWith({ exitCode: 127 }));
  });

  test("output that is no UTF-8 text is an error", async () => {
    await expect(run(["printf", "a\\n\\377\\n"], [])).rejects.toEqual(
      failedWith({ reason: expect.stringContaining("UTF-8") }),
    );
  });

  test("what the lines throw is passed on, and the program is killed", async () => {
    const error = new Error("no more lines");
    function* failing(): Generator<string> {
      yield "x";
      throw error;
    }
    const pidFile = join(directory, "pid");
    await expect(run(`echo $$ > ${pidFile}; exec sleep 1000`, failing())).rejects.toBe(error);
  });

  test("an abort kills the program and what it has started", async () => {
    const output = open("sleep 1000 & echo $!; wait", []);
    const reading = (async () => {
      for await (const pid of output) {
        abort.abort(new Error("enough"));
        return Number(pid);
      }
      return 0;
    })();
    await ended(await reading);
    await expect(run(["cat"], [])).rejects.toMatchObject({ code: "job_cancelled" });
  });

  test("an abort ends the reading of a program that prints nothing", async () => {
    const reading = run("exec sleep 1000", []);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(reading).rejects.toMatchObject({ code: "job_cancelled" });
  });

  test("a reader that has had enough ends the program", async () => {
    const pidFile = join(directory, "pid");
    for await (const line of open(`echo $$ > ${pidFile}; exec yes`, [])) {
      expect(line).toBe("y");
      break;
    }
    await ended(Number(await readFile(pidFile, "utf8")));
  });
});
