/** Which functions of a program are looked at for whether a source makes the same records of the same data. */
import { describe, expect, test } from "vitest";
import { changedCodeOf } from "../../../src/checkpoint/changed-code.ts";
import type { StreamGraph } from "../../../src/core/index.ts";
import { type DStream, Receiver, StreamingContext, seconds } from "../../../src/index.ts";

class Plain extends Receiver<number> {
  override onStart(): void {}
  override onStop(): void {}
}

class Doubling extends Plain {
  override decodeBlock(bytes: Uint8Array): readonly number[] {
    return [...bytes].map((byte) => byte * 2);
  }
}

const context = () => new StreamingContext({ batchInterval: seconds(1), appName: "hashes" });
const hashOf = (make: (ssc: StreamingContext) => DStream<unknown>) =>
  make(context()).node.facts.codeHash;

const one = (file: { readonly path: string }) => [`${file.path} one`];
const two = (file: { readonly path: string }) => [`${file.path} two`];
const decoder = () => ({ decode: (chunk: Uint8Array) => [chunk.length], end: () => [] });

describe("the code of a source", () => {
  test("is that which makes records of kept data: of files, and of blocks that were stored as bytes", () => {
    const files = [one, two].map((parser) => hashOf((ssc) => ssc.fileStream("in", { parser })));
    expect(files[0]).toBeDefined();
    expect(files[0]).not.toBe(files[1]);
    const decode = (bytes: Uint8Array) => [bytes.length];
    const raw = hashOf((ssc) => ssc.rawSocketStream("h", 1, { decodeBlock: decode }));
    expect(raw).toBeDefined();
    expect(hashOf((ssc) => ssc.receiverStream(new Doubling()))).toBeDefined();
  });

  test("is none where the program gave none, or only what makes records once, as they are received", () => {
    expect(hashOf((ssc) => ssc.textFileStream("in"))).toBeUndefined();
    expect(hashOf((ssc) => ssc.rawSocketStream("h", 1))).toBeUndefined();
    expect(hashOf((ssc) => ssc.receiverStream(new Plain()))).toBeUndefined();
    expect(hashOf((ssc) => ssc.socketStream("h", 1, decoder))).toBeUndefined();
  });

  test("is told when it changed and completed batches are made again by it; what a release of before did not note is no change", () => {
    const graphOf = (parser: typeof one) => {
      const ssc = context();
      const files = ssc.fileStream("in", { parser });
      files
        .map((line): [string, number] => [line, 1])
        .updateStateByKey<string, number, number>((ones) => ones.length)
        .uid("counts")
        .print();
      return (files.node.scope as StreamGraph).describe();
    };
    const [old, now] = [graphOf(one), graphOf(two)];
    const recomputed = new Set(["counts"]);
    expect(changedCodeOf(old, now, recomputed)).toMatchObject([
      { kind: "file", change: "functions", operatorUids: ["counts"] },
    ]);
    const unnoted = old.streams.map(({ codeHash, ...stream }) =>
      stream.role === "input" || codeHash === undefined ? stream : { ...stream, codeHash },
    );
    expect(changedCodeOf({ streams: unnoted }, now, recomputed)).toEqual([]);
  });
});
