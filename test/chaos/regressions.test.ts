/** What was found once: each seed in test/fixtures/regressions is replayed. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { runChild } from "./explorer/child.ts";

const folder = new URL("../fixtures/regressions/", import.meta.url);
const page = readFileSync(new URL("../../docs/defects-found.md", import.meta.url), "utf8");
const seeds = readdirSync(folder).map((file): [string, string, readonly string[]] => {
  const { defect, probes } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
  return [file, defect, probes];
});

test.each(seeds)(
  "%s: %s: is mended",
  async (_, __, probes) => {
    const replays = probes.flatMap((probe) => ["--replay", probe]);
    const { code, stderr, stdout } = await runChild("explore.ts", replays);
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
  },
  120_000,
);

test("each of them is told of in docs/defects-found.md", () => {
  for (const [file] of seeds) expect(page).toContain(file);
});
