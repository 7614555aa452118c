import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { binaryRecordsStream, fileStream, textFileStream } from "../../../src/sources/index.ts";
import { FileFixture, startMs } from "./file-fixture.ts";

const code = (expected: string, details: object = {}) =>
  expect.objectContaining({ code: expected, details: expect.objectContaining(details) });

let files: FileFixture;

beforeEach(async () => {
  files = await FileFixture.make();
});

afterEach(async () => {
  await files.close();
});

describe("text that is no UTF-8", () => {
  const broken = Buffer.concat([
    Buffer.from("before\n"),
    Buffer.from([0x61, 0xff, 0x62, 0x0a]),
    Buffer.from("after ü\nlast"),
  ]);

  test("is reported with its file, and the lines around it are kept", async () => {
    const stream = await files.start(textFileStream(files.directory));
    const path = await files.write("f", broken, -1000);
    expect(await files.collect(stream)).toEqual(["before", "after ü", "last"]);
    expect(files.reports).toHaveLength(1);
    expect(files.reports[0]?.message).toContain(path);
    expect(files.reports[0]?.error).toEqual(code("utf8_invalid"));
  });

  test("is reported once, however often the file is read", async () => {
    const stream = await files.start(textFileStream(files.directory));
    await files.write("f", broken, -1000);
    const dataset = await files.next(stream);
    await dataset.count();
    await dataset.count();
    expect(files.reports).toHaveLength(1);
  });

  test("in lines that are too long is reported too", async () => {
    const stream = await files.start(textFileStream(files.directory, { lineBytesMax: 5 }));
    await files.write("f", "short\ntoo long\nfine", -1000);
    expect(await files.collect(stream)).toEqual(["short", "fine"]);
    expect(files.reports[0]?.error).toEqual(code("line_too_long"));
  });
});

describe("fileStream", () => {
  test.each([
    ["a text", (text: string): unknown => text],
    ["nothing", (): unknown => undefined],
    ["an object", (text: string): unknown => ({ text })],
  ])("says that a parser which returns %s returned no records", async (_, parse) => {
    const stream = await files.start(
      fileStream(files.directory, {
        parser: async (file) => parse(await file.text()) as string[],
      }),
    );
    const file = await files.write("f", "a,b,c", -1000);
    await expect(files.collect(stream)).rejects.toEqual(code("records_expected", { file }));
  });

  test.each([
    ["an array", (text: string) => text.split(",")],
    ["an iterable", (text: string) => new Set(text.split(","))],
    ["an async iterable", asyncParts],
  ])("has the records that a parser gives as %s", async (_, parts) => {
    const stream = await files.start(
      fileStream(files.directory, { parser: async (file) => parts(await file.text()) }),
    );
    await files.write("f", "a,b,c", -1000);
    await files.write("g", "d", -1000);
    expect(await files.collect(stream)).toEqual(["a", "b", "c", "d"]);
  });

  async function* asyncParts(text: string): AsyncGenerator<string> {
    yield* text.split(",");
  }

  test("gives a parser the bytes of a file at once, as a stream, and of a part", async () => {
    const contents = new Uint8Array(600_000).map((_, index) => index % 251);
    const stream = await files.start(
      fileStream(files.directory, {
        parser: async (file) => {
          const chunks: Uint8Array[] = [];
          for await (const chunk of file.stream()) chunks.push(chunk);
          const part: Uint8Array[] = [];
          for await (const chunk of file.chunks({ from: 10, until: 14 })) part.push(chunk);
          return [await file.bytes(), Buffer.concat(chunks), Buffer.concat(part)];
        },
      }),
    );
    await files.write("f", contents, -1000);
    const [atOnce, streamed, part] = await files.collect(stream);
    expect(Buffer.from(contents).equals(atOnce ?? Buffer.alloc(0))).toBe(true);
    expect(Buffer.from(contents).equals(streamed ?? Buffer.alloc(0))).toBe(true);
    expect([...(part ?? [])]).toEqual([10, 11, 12, 13]);
  });

  test("tells a parser which file it has", async () => {
    const stream = await files.start(
      fileStream(files.directory, {
        parser: (file) => [[file.path, file.byteCount, file.modifiedMs] as const],
      }),
    );
    const path = await files.write("f", "1234", -1000);
    expect(await files.collect(stream)).toEqual([[path, 4, startMs + 1000]]);
  });

  test("asks a parser for no more than is needed", async () => {
    let given = 0;
    const parser = function* (): Generator<number> {
      for (;;) yield given++;
    };
    const stream = await files.start(fileStream(files.directory, { parser }));
    await files.write("f", "", -1000);
    expect(await (await files.next(stream)).take(3)).toEqual([0, 1, 2]);
    expect(given).toBeLessThan(10);
  });

  test.each([
    ["at once", () => fail()],
    ["as a rejection", () => Promise.reject(new Error("no format"))],
    [
      "while it is read",
      function* (): Generator<number> {
        yield 1;
        fail();
      },
    ],
  ])("fails its batch with what a parser throws %s, naming the file", async (_, parser) => {
    const stream = await files.start(fileStream<number>(files.directory, { parser }));
    const path = await files.write("f", "", -1000);
    await expect(files.collect(stream)).rejects.toMatchObject({
      code: "user_function_failed",
      details: { file: path, partition: 0 },
      cause: { message: "no format" },
    });
  });

  function fail(): never {
    throw new Error("no format");
  }
});

describe("binaryRecordsStream", () => {
  test("has a record for each so many bytes", async () => {
    const stream = await files.start(binaryRecordsStream(files.directory, 3));
    await files.write("f", "abcdef", -1000);
    await files.write("g", "", -1000);
    expect(await files.collect(stream)).toEqual([
      Uint8Array.of(97, 98, 99),
      Uint8Array.of(100, 101, 102),
    ]);
  });

  test("keeps records whole where chunks are cut", async () => {
    const contents = new Uint8Array(7 * 100_000).map((_, index) => index % 253);
    const stream = await files.start(binaryRecordsStream(files.directory, 7));
    await files.write("f", contents, -1000);
    const records = await files.collect(stream);
    expect(records).toHaveLength(100_000);
    expect(Buffer.concat(records).equals(contents)).toBe(true);
  });

  test("fails its batch when the last record of a file has another length", async () => {
    const stream = await files.start(binaryRecordsStream(files.directory, 4));
    const path = await files.write("f", "abcdef", -1000);
    const failure = code("record_length_wrong", { file: path, recordLength: 4, byteCount: 6 });
    await expect(files.collect(stream)).rejects.toEqual(failure);
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses records of %d bytes at once", (recordLength) => {
    expect(() => binaryRecordsStream("/in", recordLength)).toThrow(code("argument_invalid"));
  });
});
