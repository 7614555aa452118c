import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import type { ExecutorRef } from "../../../../src/executor/index.ts";
import { programFile, witness } from "./running.ts";

test.each([
  ["SIGKILL", "blocked"],
  ["SIGTERM", "blocked"],
  ["SIGKILL", "idle"],
] as const)(
  "executors leave with a driver that ends by %s, one of them %s, and no socket stays",
  async (signal, first) => {
    const { address, allGone } = await witness();
    const driver = spawn(process.execPath, [programFile("driver"), first, address], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void driver.kill("SIGKILL"));
    const [line] = await once(createInterface(driver.stdout), "line");
    const living = JSON.parse(String(line)) as ExecutorRef[];
    expect(living).toHaveLength(2);
    driver.kill(signal);
    await allGone(2);
    const directory = dirname(living[0]?.peerAddress ?? "");
    expect(directory).toContain("millrace-");
    expect(existsSync(directory)).toBe(false);
  },
);
