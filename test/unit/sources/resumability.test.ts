import { describe, expect, test } from "vitest";
import type { InputDStream } from "../../../src/core/index.ts";
import { type Receiver, ReceiverInputStream } from "../../../src/receiver/index.ts";
import {
  binaryRecordsStream,
  fileStream,
  fromIterable,
  fromReadable,
  fromResumable,
  QueueInputStream,
  rawSocketStream,
  socketTextStream,
  textFileStream,
} from "../../../src/sources/index.ts";

const none = async function* () {};
const streamOf = (receiver: Receiver<unknown>) => new ReceiverInputStream(receiver, () => []);

describe("after a restart of the program", () => {
  test.each<[string, InputDStream<unknown>]>([
    ["files of text", textFileStream("/in")],
    ["files of records", binaryRecordsStream("/in", 8)],
    ["files of a parser", fileStream("/in", { parser: () => [] })],
    ["a socket", streamOf(socketTextStream("localhost", 1))],
    ["a socket of blocks", streamOf(rawSocketStream("localhost", 1))],
    ["a resumable source", streamOf(fromResumable({ open: none }))],
    ["an iterable that a function opens", streamOf(fromIterable(none))],
    ["a readable that a function opens", streamOf(fromReadable(none))],
  ])("%s can go on", (_, input) => {
    expect(input.isResumable).toBe(true);
  });

  test.each<[string, InputDStream<unknown>]>([
    ["a queue", new QueueInputStream<unknown>([])],
    ["an iterable as it is", streamOf(fromIterable([1]))],
    ["a readable as it is", streamOf(fromReadable(["a"]))],
  ])("%s cannot go on", (_, input) => {
    expect(input.isResumable).toBe(false);
  });
});
