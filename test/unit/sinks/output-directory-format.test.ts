/** docs/format/output-directory.md and docs/format/sink-tables.md, held against the code and against bytes of version 1. */
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { DataContext } from "../../../src/index.ts";
import { abandonOutput, beginOutput, publishOutput } from "../../../src/sinks/output-directory.ts";
import { writePartFile } from "../../../src/sinks/part-file.ts";
import { ledgerTables } from "../../../src/sinks/sql-ledger.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const name = "counts-1357008280000.txt";
const fixture = here(`../../fixtures/v1/output-directory/${name}`);
const manifestName = ".millrace-manifest.json";
const output = {
  applicationId: "7a1f6a52-3c1d-4a54-9c7e-6f1f0f4e2b90",
  outputUid: "word-counts",
  batchTimeMs: 1_357_008_280_000,
  epoch: 3,
};

const page = (path: string) => readFile(here(`../../../docs/format/${path}`), "utf8");

test("the page shows the manifest of the fixture", async () => {
  const manifest = await readFile(join(fixture, manifestName), "utf8");
  expect(await page("output-directory.md")).toContain(`\`\`\`json\n${manifest}\`\`\`\n`);
});

test("a directory of version 1 is read, and known again by the output that saved it", async () => {
  await using data = new DataContext();
  expect(await (await data.textFile(fixture)).collect()).toEqual(['["hello",1]', '["world",1]']);
  const replay = await beginOutput(fixture, { ...output, epoch: 4 });
  if (replay.state === "begun") await abandonOutput(replay.attempt);
  expect(replay.state).toBe("saved");
});

test("the same records are saved as the same bytes", async () => {
  const place = await mkdtemp(join(tmpdir(), "millrace-format-"));
  const beginning = await beginOutput(join(place, name), output);
  if (beginning.state === "saved") throw new Error("nobody has saved it");
  const { attempt } = beginning;
  const written = ['["hello",1]\n', '["world",1]\n'].map((text, partition) =>
    writePartFile(attempt.unfinishedDirectory, `part-0000${partition}`, [text]),
  );
  await publishOutput(attempt, await Promise.all(written));
  const names = await readdir(fixture);
  expect((await readdir(join(place, name))).sort()).toEqual(names.sort());
  for (const each of names) {
    expect(await readFile(join(place, name, each))).toEqual(await readFile(join(fixture, each)));
  }
  expect((await stat(join(place, name, "_SUCCESS"))).size).toBe(0);
  await rm(place, { recursive: true });
});

test("the page shows the tables that sinks make", async () => {
  const shown = ledgerTables.map((table) => `${table};\n`).join("");
  expect(await page("sink-tables.md")).toContain(`\`\`\`sql\n${shown}\`\`\`\n`);
});
