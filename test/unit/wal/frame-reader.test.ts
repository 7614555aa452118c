import { describe, expect, test } from "vitest";
import { type FrameAddress, readFrame } from "../../../src/wal/index.ts";
import { bytesOf, journalFile, journalWriter, spoil } from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

async function oneOfThree(): Promise<{ medium: MemoryMedium; address: FrameAddress }> {
  const medium = new MemoryMedium();
  const log = journalWriter(medium);
  await log.append(bytesOf("before"));
  const address = await log.append(bytesOf("the frame"));
  await log.append(bytesOf("behind"));
  await log.close();
  return { medium, address };
}

describe("a frame by its address", () => {
  test("is read with one request, for as many bytes as it has", async () => {
    const { address, medium } = await oneOfThree();
    const asked: unknown[] = [];
    const store = {
      readRange: (...range: [string, number, number]) => {
        asked.push(range);
        return medium.readRange(...range);
      },
    };
    expect(Buffer.from(await readFrame(store, address)).toString()).toBe("the frame");
    expect(asked).toEqual([[journalFile(1), address.offset, 36 + "the frame".length]]);
  });

  test("is refused after a flip of any bit of it, with file and offset; bytes beside it do not matter", async () => {
    const { address, medium } = await oneOfThree();
    for (let at = 0; at < medium.file(journalFile(1)).length; at += 1) {
      spoil(medium, journalFile(1), at);
      const isWithin = at >= address.offset && at < address.offset + address.length;
      const reading = readFrame(medium, address);
      if (isWithin) {
        const details = { file: journalFile(1), offset: address.offset };
        await expect(reading).rejects.toMatchObject({ code: "log_damaged", details });
      } else expect(Buffer.from(await reading).toString()).toBe("the frame");
      spoil(medium, journalFile(1), at);
    }
  });

  test.each<[string, Partial<FrameAddress>, string?]>([
    ["another checksum", { checksum: 1 }, "another frame is there"],
    ["a shorter length", { length: 40 }],
    ["a longer length", { length: 60 }],
    ["no length", { length: 0 }],
    ["a length beyond all frames", { length: 2 ** 40 }],
    ["another offset", { offset: 52 }],
    ["an offset beyond the end", { offset: 10_000 }],
  ])("is refused where the address has %s", async (_, change, why = "") => {
    const { address, medium } = await oneOfThree();
    const reading = readFrame(medium, { ...address, ...change });
    await expect(reading).rejects.toMatchObject({
      code: "log_damaged",
      kind: "data",
      message: expect.stringContaining(why),
    });
  });

  test("is missing where the file is", async () => {
    const { address, medium } = await oneOfThree();
    const reading = readFrame(medium, { ...address, segment: "journal/none" });
    await expect(reading).rejects.toMatchObject({ code: "store_missing" });
  });

  test("is decoded; what cannot be decoded is damage with its cause", async () => {
    const { address, medium } = await oneOfThree();
    const reversed = await readFrame(medium, address, {
      decode: async (bytes) => bytes.toReversed(),
    });
    expect(Buffer.from(reversed).toString()).toBe("emarf eht");
    const decode = () => {
      throw new Error("wrong key");
    };
    await expect(readFrame(medium, address, { decode })).rejects.toMatchObject({
      code: "log_damaged",
      cause: new Error("wrong key"),
    });
  });
});
