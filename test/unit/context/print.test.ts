/** What becomes of a batch whose `print` fails. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { caught, DrivenContext } from "./driven-context.ts";

const program = fileURLToPath(new URL("./printing-program.ts", import.meta.url));

test("a reader of standard output that goes away fails the batch, and does not end the process", async () => {
  const child = spawn(process.execPath, ["--no-warnings", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const [code] = await once(child, "close");
  expect(errors).toContain("ended: a batch failed for good: standard output takes nothing");
  expect(errors).toContain("[print_failed]");
  expect(code).toBe(0);
});

test.each([
  ["rejects", () => Promise.reject(new Error("the paper is out"))],
  [
    "throws",
    () => {
      throw new Error("the paper is out");
    },
  ],
])("a print of one's own that %s fails the batch", async (_name, print) => {
  await using driven = new DrivenContext({ attempts: 1, onFailure: "stop", print });
  driven.input([["a"]]).print();
  await driven.ssc.start();
  const ended = caught(driven.ssc.awaitTermination());
  await driven.batches(1);
  expect(await ended).toMatchObject({
    code: "batch_failed",
    cause: { code: "user_function_failed", cause: { message: "the paper is out" } },
  });
});

test("a print of one's own that returns a promise is waited for", async () => {
  const printed: string[] = [];
  await using driven = new DrivenContext({
    print: async (text) => {
      await new Promise((resolve) => setImmediate(resolve));
      printed.push(text);
    },
  });
  driven.input([["a"]]).print();
  await driven.ssc.start();
  await driven.batches(1);
  expect(printed).toHaveLength(1);
});
