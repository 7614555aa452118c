import { describe, expect, test } from "vitest";
import { bytesOf, contentOf, journalFile, journalWriter, textsOf } from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

describe("a log writer", () => {
  test("gives back what was appended, in its order", async () => {
    const medium = new MemoryMedium();
    const log = journalWriter(medium);
    await Promise.all(["a", "bc", ""].map((text) => log.append(bytesOf(text))));
    await log.append(bytesOf("d"));
    await log.close();
    const { damage, end, frames } = await contentOf(medium, journalFile(1));
    expect(damage).toEqual([]);
    expect(textsOf(frames)).toEqual(["a", "bc", "", "d"]);
    expect(frames.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(end.footer).toMatchObject({ frameCount: 4, nextSequence: 5 });
  });
});
