import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockFraming } from "../../../src/sources/block-framing.ts";

function framed(...blocks: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    blocks.map((block) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      return Buffer.concat([length, block]);
    }),
  );
}

function newFraming(blockBytesMax: number): { framing: BlockFraming; reports: string[] } {
  const reports: string[] = [];
  return { framing: new BlockFraming(blockBytesMax, (message) => reports.push(message)), reports };
}

test("blocks come whole and in order, however the bytes are cut", () => {
  const anyBlocks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 20 });
  fc.assert(
    fc.property(anyBlocks, fc.array(fc.nat()), (blocks, places) => {
      const { framing, reports } = newFraming(40);
      const bytes = framed(...blocks);
      const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
      cuts.sort((a, b) => a - b);
      const got = cuts
        .slice(1)
        .flatMap((end, index) => [...framing.decode(bytes.subarray(cuts[index], end))]);
      framing.end();
      expect(got.map((block) => [...block])).toEqual(blocks.map((block) => [...block]));
      expect(reports).toEqual([]);
    }),
  );
});

test("blocks before a length that cannot be are given out, then it throws", () => {
  for (const length of [0, 11, 2 ** 32 - 1]) {
    const { framing } = newFraming(10);
    const bad = Buffer.alloc(4);
    bad.writeUInt32BE(length);
    const blocks: number[] = [];
    const decode = () => {
      const bytes = Buffer.concat([framed(Buffer.from("ab"), Buffer.from("0123456789")), bad]);
      for (const block of framing.decode(bytes)) blocks.push(block.length);
    };
    expect(decode).toThrow(`length=\`${length}\``);
    expect(blocks).toEqual([2, 10]);
  }
});

test("an end within a length or a block is reported", () => {
  const whole = framed(Buffer.from("first"), Buffer.from("second"));
  for (const received of [framed(Buffer.from("first")).length + 2, whole.length - 1]) {
    const { framing, reports } = newFraming(10);
    expect([...framing.decode(whole.subarray(0, received))]).toHaveLength(1);
    framing.end();
    expect(reports).toEqual([expect.stringContaining("[block_incomplete]")]);
  }
});
