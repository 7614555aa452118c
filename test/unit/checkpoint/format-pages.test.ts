/** The examples of the pages about these formats are the bytes of the fixtures. */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): Buffer => readFileSync(new URL(`../../../${path}`, import.meta.url));

/** The examples of a page: lines of bytes in hexadecimal digits, each with what it means behind two spaces. */
function examplesOf(page: string): Buffer[] {
  const examples: string[][] = [[]];
  for (const line of read(page).toString().split("\n")) {
    const bytes = /^ {4}((?:[0-9a-f]{2} )*[0-9a-f]{2})(?: {2,}\S|$)/.exec(line)?.[1];
    if (bytes !== undefined) examples.at(-1)?.push(bytes);
    else if ((examples.at(-1)?.length ?? 0) > 0) examples.push([]);
  }
  return examples
    .filter((lines) => lines.length > 0)
    .map((lines) => Buffer.from(lines.join(" ").replaceAll(" ", ""), "hex"));
}

test("the example of checkpoint.md is the beginning of its fixture, of its first block and of its seal", () => {
  const file = read("test/fixtures/v1/checkpoint.avro");
  const [header, block, seal, ...others] = examplesOf("docs/format/checkpoint.md");
  expect(others).toEqual([]);
  expect(file.subarray(0, header?.length)).toEqual(header);
  const marker = file.subarray(-16);
  const at = file.indexOf(marker) + marker.length;
  expect(file.subarray(at, at + (block?.length ?? 0))).toEqual(block);
  const end = file.length - 86;
  expect(file.subarray(end, end + (seal?.length ?? 0))).toEqual(seal);
});

test("the example of state-snapshot.md is the whole of its only block", () => {
  const file = read("test/fixtures/v1/state-snapshot.avro");
  const [block, ...others] = examplesOf("docs/format/state-snapshot.md");
  expect(others).toEqual([]);
  const at = file.indexOf(file.subarray(-16)) + 16;
  expect(file.subarray(at)).toEqual(block);
});
