/** What the README shows of the command line is what it writes. */
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { commandDefinitions } from "../../../src/cli/commands/index.ts";
import { blocksOf } from "../../readme/markdown.ts";
import { millrace } from "./command-line.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = join(root, ".tmp", "cli-readme");
const blocks = blocksOf(readFileSync(join(root, "README.md"), "utf8"));
const shown = blocks.filter(({ text }) => text.startsWith("npx millrace checkpoint "));
const run = blocks.filter(({ text }) => text.startsWith("npx millrace run "));

test("the README shows some commands", () => {
  expect(shown.length).toBeGreaterThan(2);
});

test.each(shown.map(({ next, text }) => [text, next?.text] as const))("%s", async (line, text) => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "test/fixtures/v1/directory"), join(folder, "ckpt"), { recursive: true });
  const words = line.split(" ").slice(2);
  const address = join(folder, "ckpt");
  const { out } = await millrace(
    words.map((word) => (word === "./ckpt" ? address : word)),
    { columns: 120 },
  );
  expect(out.replaceAll(address, "/home/ada/ckpt").trimEnd()).toBe(text);
});

test("the README runs programs with options that there are", () => {
  const known = commandDefinitions.find(({ name }) => name === "run")?.options ?? [];
  const flags = known.map((option) => option.flags.split(" ")[0]);
  const [line = ""] = run.map(({ text }) => text.split(" -- ")[0]);
  const used = line.match(/--[a-z-]+/g) ?? [];
  expect(used.length).toBeGreaterThan(0);
  expect(flags).toEqual(expect.arrayContaining(used));
});
