/** SIGTERM and SIGINT, sent to a program of its own process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";

const program = fileURLToPath(new URL("./signalled-program.ts", import.meta.url));

interface Ended {
  readonly lines: readonly string[];
  readonly code: number | null;
  readonly signal: string | null;
}

/** Runs the program; `atReady` is called once with the child, when its first batch has run. */
async function run(args: string[], atReady: (child: ChildProcess) => void): Promise<Ended> {
  const child = spawn(process.execPath, ["--no-warnings", program, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const lines: string[] = [];
  const output = createInterface({ input: child.stdout });
  output.on("line", (line) => {
    lines.push(line);
    if (lines.length === 1) atReady(child);
  });
  const [[code, signal]] = await Promise.all([once(child, "exit"), once(output, "close")]);
  return { lines, code, signal };
}

describe("with stopGracefullyOnShutdown", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "%s stops gracefully: what was received is processed, and the program goes on",
    async (signal) => {
      const { lines, code } = await run([], (child) => child.kill(signal));
      expect(code).toBe(0);
      const { taken, processed } = JSON.parse(lines.at(-1) ?? "");
      expect(taken).toBeGreaterThan(0);
      expect(processed).toBe(taken);
    },
  );

  test("a second signal ends the process at once", async () => {
    let sent = 0;
    const ended = run(["hang"], (child) => {
      const resend = setInterval(() => {
        sent += 1;
        if (!child.kill("SIGTERM")) clearInterval(resend);
      }, 20);
      child.once("exit", () => clearInterval(resend));
    });
    const { code, signal } = await ended;
    expect([code, signal]).toEqual([null, "SIGTERM"]);
    expect(sent).toBeGreaterThan(1);
  });
});
