/**
 * Owns: the fenced blocks of a page, and the cells of its tables.
 * Does not own: what a block means (block-module.ts), whether it is right (readme.test.ts).
 */

/** One fenced block. */
export interface Block {
  /** The first word behind the fence: ts, text, sh, ... */
  readonly language: string;
  /** What stands behind the language as `name=value`. */
  readonly settings: ReadonlyMap<string, string>;
  readonly text: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  /** The heading above it. */
  readonly heading: string;
  /** The block that follows under the same heading. */
  readonly next: Block | undefined;
}

const fence = /^```(\S*) *(.*)$/;
const headingLine = /^#+ +(.*)$/;

/** The blocks of a page, in order. Throws for a fence that is never closed. */
export function blocksOf(page: string): readonly Block[] {
  const lines = page.split("\n");
  const blocks: Omit<Block, "next">[] = [];
  let heading = "";
  for (let index = 0; index < lines.length; index += 1) {
    heading = headingLine.exec(lines[index] ?? "")?.[1] ?? heading;
    const opening = fence.exec(lines[index] ?? "");
    if (opening === null) continue;
    const end = lines.indexOf("```", index + 1);
    if (end === -1) throw new Error(`the block of line ${index + 1} is never closed`);
    const [, language = "", words = ""] = opening;
    blocks.push({
      language,
      settings: settingsOf(words),
      text: lines.slice(index + 1, end).join("\n"),
      line: index + 1,
      heading,
    });
    index = end;
  }
  return blocks.reduceRight<Block[]>((made, block) => {
    const [following] = made;
    const next = following?.heading === block.heading ? following : undefined;
    return [{ ...block, next }, ...made];
  }, []);
}

function settingsOf(words: string): ReadonlyMap<string, string> {
  const pairs = words.split(" ").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]));
}

/** A page in the parts that its headings begin. */
export function sectionsOf(page: string): readonly { heading: string; text: string }[] {
  return page
    .split(/^(?=#+ )/m)
    .map((text) => ({ heading: headingLine.exec(text.split("\n")[0] ?? "")?.[1] ?? "", text }));
}

/** The rows of all tables of a page whose header begins with this cell, each as its cells. */
export function rowsOf(page: string, firstHeader: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let isInside = false;
  for (const line of page.split("\n")) {
    const cells = line.startsWith("|") ? cellsOf(line) : undefined;
    if (cells === undefined) isInside = false;
    else if (cells[0] === firstHeader) isInside = true;
    else if (isInside && !/^-+$/.test(cells[0] ?? "")) rows.push(cells);
  }
  return rows;
}

/** A bar within a cell is written `\|`. */
function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf("|"))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** What stands between backticks in a cell. */
export function codesIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}
