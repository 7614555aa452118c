/** What each command that looks writes about the directory of version 1: on a terminal, in a pipe, and as JSON. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { commandDefinitions } from "../../../src/cli/commands/index.ts";
import { commandsPage } from "../../../src/cli/index.ts";
import { dataOf, millrace } from "./command-line.ts";
import { contentsOf, directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

const first = "001357008281000-0000000001-000003";

const commands: Readonly<Record<string, readonly string[]>> = {
  ls: ["ls", "DIR"],
  show: ["show", "DIR"],
  "show at": ["show", "DIR", "--at", first],
  graph: ["graph", "DIR"],
  "state ls": ["state", "ls", "DIR"],
  "state get": ["state", "get", "DIR", "sums", "even"],
  "state scan": ["state", "scan", "DIR", "sums"],
  "state top": ["state", "top", "DIR", "sums", "--by", "value"],
  "state history": ["state", "history", "DIR", "sums", "odd"],
  diff: ["diff", "DIR", first, "--keys"],
  verify: ["verify", "DIR"],
  journal: ["journal", "DIR"],
  "wal ls": ["wal", "ls", "DIR"],
  "wal stat": ["wal", "stat", "DIR"],
  "wal cat": ["wal", "cat", "DIR", "blocks/0000000001-driver-0000000000"],
  du: ["du", "DIR"],
  gc: ["gc", "DIR", "--dry-run"],
};

function lineOf(words: readonly string[]): string[] {
  return ["checkpoint", ...words.map((word) => (word === "DIR" ? directory : word))];
}

function placeless(text: string): string {
  return text.replaceAll(directory, "/data/ckpt");
}

describe.each(Object.entries(commands))("millrace checkpoint %s", (name, words) => {
  const file = (kind: string) => `golden/${name.replaceAll(" ", "-")}.${kind}`;

  test("writes a table on a terminal", async () => {
    const { code, err, out } = await millrace(lineOf(words), { columns: 120 });
    expect(code).toBe(0);
    await expect(placeless(`${out}${err}`)).toMatchFileSnapshot(file("terminal.txt"));
  });

  test("writes exact lines into a pipe", async () => {
    const { code, out } = await millrace(lineOf(words));
    expect(code).toBe(0);
    await expect(placeless(out)).toMatchFileSnapshot(file("plain.txt"));
  });

  test("writes JSON whose fields are those that are documented", async () => {
    const ran = await millrace([...lineOf(words), "--json"]);
    expect(ran.code).toBe(0);
    await expect(placeless(ran.out)).toMatchFileSnapshot(file("json.txt"));
    const definition = commandDefinitions.find(
      (each) => each.name === `checkpoint ${name.replace(" at", "")}`,
    );
    const data = dataOf<unknown>(ran);
    const rows = Array.isArray(data) ? data : [data];
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows as object[]) {
      expect(Object.keys(row).sort()).toEqual(Object.keys(definition?.json?.fields ?? {}).sort());
    }
  });

  test("writes the same as NDJSON, a line for each row", async () => {
    const { data, ...head } = JSON.parse((await millrace([...lineOf(words), "--json"])).out) as {
      data: unknown;
    };
    const { out } = await millrace([...lineOf(words), "--ndjson"]);
    const rows = Array.isArray(data) ? data : [data];
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      (rows as object[]).map((row) => ({ ...head, ...row })),
    );
  });

  test("changes nothing", async () => {
    const before = contentsOf(directory);
    await millrace(lineOf(words));
    expect(contentsOf(directory)).toEqual(before);
  });
});

describe("millrace checkpoint graph", () => {
  test.each(["--mermaid", "--dot"])("draws with %s", async (option) => {
    const { code, out } = await millrace(lineOf(["graph", "DIR", option]));
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot(`golden/graph${option.replace("--", ".")}.txt`);
  });
});

test("docs/cli.md is what the commands say; `npm run docs` writes it", () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  expect(page).toBe(commandsPage());
});
