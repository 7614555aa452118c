/** What the commands say and do about directories that are not what they should be; nothing is ever changed. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandDefinitions } from "../../../src/cli/commands/index.ts";
import { credentials } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";
import { millrace } from "./command-line.ts";
import { damages } from "./damage.ts";
import { contentsOf, directory, useGoldenDirectory } from "./golden-directory.ts";

useGoldenDirectory();

const looks: readonly (readonly string[])[] = [
  ["ls"],
  ["show"],
  ["graph"],
  ["state", "ls"],
  ["state", "get", "DIR", "sums", "even"],
  ["state", "scan", "DIR", "sums"],
  ["state", "top", "DIR", "sums"],
  ["state", "history", "DIR", "sums", "even"],
  ["diff", "DIR", "2013-01-01T02:44:42Z"],
  ["verify"],
  ["journal", "DIR", "--tail", "1"],
  ["wal", "ls"],
  ["wal", "stat"],
  ["wal", "cat", "DIR", "journal/0000000000-0000000001"],
  ["du"],
  ["gc", "DIR", "--dry-run"],
  ["export", "DIR", "sums", "--format", "ndjson"],
];

function lineOf(words: readonly string[], address: string): string[] {
  const withAddress = words.includes("DIR") ? words : [...words, "DIR"];
  return ["ckpt", ...withAddress.map((word) => (word === "DIR" ? address : word))];
}

function nameOf(words: readonly string[]): string {
  return words.slice(0, words.includes("DIR") ? words.indexOf("DIR") : words.length).join(" ");
}

test("every command that opens a directory is tried", () => {
  const elsewhere = [
    "checkpoint doctor",
    "checkpoint state set",
    "checkpoint state rm",
    "checkpoint repair",
  ];
  const opening = commandDefinitions.filter(
    ({ arguments: args, name }) => args[0]?.name === "<directory>" && !elsewhere.includes(name),
  );
  const tried = looks.map((words) => `checkpoint ${nameOf(words)}`);
  expect(opening.map(({ name }) => name).filter((name) => !tried.includes(name))).toEqual([]);
});

describe.each(looks.map((words) => [nameOf(words), words] as const))("%s", (_, words) => {
  test("says that there is nothing at an address where nothing is, and makes nothing there", async () => {
    const empty = join(directory, "..", "nothing");
    const { code, err, out } = await millrace(lineOf(words, empty));
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toContain("there is nothing of Millrace at this address [directory_empty]");
    expect(err).toContain(empty);
    expect(existsSync(empty)).toBe(false);
  });

  test("says that a directory is not of Millrace", async () => {
    const foreign = join(directory, "..", "letters");
    mkdirSync(foreign);
    writeFileSync(join(foreign, "letter.txt"), "dear");
    const { code, err, out } = await millrace(lineOf(words, foreign));
    expect({ code, out }).toEqual({ code: 3, out: "" });
    expect(err).toContain("[directory_foreign]");
    expect(err).toContain("letter.txt");
    expect([...contentsOf(foreign).keys()]).toEqual(["letter.txt"]);
  });

  test("suggests the directory within the one that was named", async () => {
    const { code, err } = await millrace(lineOf(words, join(directory, "..")));
    expect(code).toBe(3);
    expect(err).toContain(`did you mean: file:${directory}`);
  });

  test.skipIf(words[0] === "export")("writes errors as JSON where data would be", async () => {
    const empty = join(directory, "..", "nothing");
    const { code, err } = await millrace([...lineOf(words, empty), "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(err)).toMatchObject({ error: { code: "directory_empty", exitCode: 3 } });
  });
});

describe.each(Object.entries(damages))("where %s", (kind, damage) => {
  test("each command says so, or answers without it, and changes nothing", async () => {
    await damage(directory);
    const before = contentsOf(directory);
    const lines: string[] = [];
    for (const words of looks) {
      const { code, err, out } = await millrace(lineOf(words, directory));
      expect([0, 1, 3, 4]).toContain(code);
      if (code !== 0) expect(`${out}${err}`).not.toBe("");
      const said = err.split("\n").filter((line) => /^(error|a start)/.test(line));
      lines.push(`${nameOf(words).padEnd(14)} ${code} ${said.join(" ").slice(0, 110)}`.trimEnd());
    }
    const { out } = await millrace(lineOf(["verify"], directory));
    const page = `${lines.join("\n")}\n\n${out}`.replaceAll(directory, "/data/ckpt");
    await expect(page).toMatchFileSnapshot(`golden/damage-${kind.replaceAll(" ", "-")}.txt`);
    expect(contentsOf(directory)).toEqual(before);
  });
});

describe("what is not there is looked for", () => {
  test.each([
    [["state", "get", "DIR", "sums", "evn"], 3, "state_key_missing", "state scan DIR sums --limit"],
    [["state", "get", "DIR", "sum", "even"], 3, "operator_unknown", "did you mean: sums"],
    [["state", "scan", "DIR", "smus"], 3, "operator_unknown", "millrace checkpoint state ls DIR"],
    [["state", "history", "DIR", "sums", "x"], 3, "state_key_missing", "state scan"],
    [["show", "DIR", "--at", "yesterday"], 3, "checkpoint_unknown", "millrace checkpoint ls DIR"],
    [
      ["diff", "DIR", "001357008281000-0000000001-000009"],
      3,
      "checkpoint_unknown",
      "did you mean: 001357008281000-0000000001-000003",
    ],
    [["wal", "cat", "DIR", "journal/7"], 3, "segment_unknown", "millrace checkpoint wal ls DIR"],
    [["gc", "DIR"], 2, "argument_invalid", "--dry-run"],
    [["state", "scan", "DIR", "sums", "--where", "total"], 2, "notation_invalid", "total"],
    [["state", "top", "DIR", "sums", "--by", "total"], 2, "notation_invalid", "value"],
    [["state", "get", "DIR", "sums", '{"$date2":1}'], 2, "notation_invalid", "$date2"],
  ] as const)("%j ends with %i and %s", async (words, code, error, said) => {
    const ran = await millrace(lineOf(words, directory));
    expect({ code: ran.code, out: ran.out }).toEqual({ code, out: "" });
    expect(ran.err).toContain(`[${error}]`);
    expect(ran.err.replaceAll(directory, "DIR")).toContain(said);
  });

  test("a key that is a text where a number was given is suggested", async () => {
    const { code, err } = await millrace(lineOf(["state", "get", "DIR", "sums", "1"], directory));
    expect(code).toBe(3);
    expect(err).not.toContain("did you mean");
  });

  test("a command that was mistyped is suggested, and ends as usage", async () => {
    expect(await millrace(["checkpoint", "verfy", directory])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean verify?"),
    });
    expect(await millrace(["checkpoint", "ls", directory, "--jsn"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Did you mean --json?"),
    });
    expect((await millrace(["checkpoint", "ls"])).code).toBe(2);
    expect(
      (await millrace(["checkpoint", "state", "top", directory, "sums", "--limit", "x"])).code,
    ).toBe(2);
  });
});

describe("a bucket", () => {
  let server: S3Server;
  const folder = mkdtempSync(join(tmpdir(), "millrace-cli-s3-"));
  const patience = { random: { next: () => 0, nextInt: (from: number) => from }, attemptsMax: 2 };

  beforeAll(async () => {
    server = await S3Server.start();
  });

  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test("that does not answer is told by every command, which names the next one", async () => {
    const store = { s3: { ...patience, endpoint: "http://127.0.0.1:9", credentials, region: "x" } };
    for (const words of looks) {
      const { code, err, out } = await millrace(lineOf(words, "s3://bucket/app"), { store });
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(err).toContain("[store_unreachable]");
      expect(err).toContain("next: millrace checkpoint doctor s3://bucket/app");
    }
  });

  test("that is not there is told, and nothing is written into one that is looked at", async () => {
    const s3 = {
      ...patience,
      endpoint: server.endpoint,
      credentials,
      region: "us-east-1",
      forcePathStyle: true,
    };
    const missing = await millrace(["ckpt", "ls", "s3://nowhere/app"], { store: { s3 } });
    expect(missing).toMatchObject({ code: 3, out: "" });
    expect(missing.err).toContain("[store_bucket_missing]");
    const empty = await millrace(["ckpt", "ls", "s3://bucket/app"], { store: { s3 } });
    expect(empty).toMatchObject({ code: 3, out: "" });
    expect(empty.err).toContain("[directory_empty]");
  });

  test("is looked at like a directory, and nothing is written into it", async () => {
    for (const name of contentsOf(directory).keys()) {
      const bytes = readFileSync(join(directory, name));
      server.bucket.put({ key: `app/${name}`, bytes, metadata: {}, onlyIfNew: true });
    }
    const s3 = {
      ...patience,
      endpoint: server.endpoint,
      credentials,
      region: "us-east-1",
      forcePathStyle: true,
    };
    server.requests.length = 0;
    for (const words of looks) {
      const ran = await millrace(lineOf(words, "s3://bucket/app"), { store: { s3 } });
      expect({ words, code: ran.code }).toEqual({ words, code: 0 });
      const local = await millrace(lineOf(words, directory));
      if (/state|export/.test(words[0] ?? "")) expect(ran.out).toBe(local.out);
    }
    const actions = new Set(server.requests.map(({ action }) => action));
    expect([...actions].sort()).toEqual(["get", "list"]);
  });
});
