/**
 * Owns: how a report is written: a table on a terminal, lines with tabs between the columns where it is piped, or JSON. Data
 * go to stdout, everything else to stderr.
 * Does not own: what is reported.
 *
 * I1. Where nobody looks, nothing is cut, and nothing is coloured.
 * I2. Rows are written as they come, and the reader sets the pace: memory holds a bounded number of them.
 */
import { styleText } from "node:util";
import Table from "cli-table3";
import type { Json } from "../inspect/index.ts";
import type { TextStream, World } from "./world.ts";

export type Format = "table" | "plain" | "json" | "ndjson";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  /** What stands in it where it is piped: exact. */
  readonly text: (row: Row) => string;
  /** What stands in it on a terminal, if that is shorter. */
  readonly short?: (row: Row) => string;
  readonly isNumber?: boolean;
}

/** The name and the version of what is written as JSON. */
export interface JsonShape {
  readonly report: string;
  readonly version: number;
}

/** An object of JSON. */
export type JsonObject = Readonly<Record<string, Json>>;

/** A write for each line would take most of the time of a long report. */
const heldTextMax = 2 ** 16;

/** Rows on their way to the table at a time: their widths are those of the columns. */
const tableRowsMax = 500;

/** Plain data as JSON, in which what is not known is null, so that an object always has the same names. */
export function asJson(data: unknown): JsonObject {
  return plainJson(data) as JsonObject;
}

function plainJson(data: unknown): Json {
  if (data === undefined || data === null) return null;
  if (Array.isArray(data)) return data.map(plainJson);
  if (typeof data !== "object") return data as Json;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, plainJson(value)]));
}

export class Output {
  readonly format: Format;
  readonly #stdout: TextStream;
  readonly #stderr: TextStream;
  readonly #hasColour: boolean;
  readonly #shape: JsonShape;
  #held = "";

  constructor(world: Pick<World, "env" | "stderr" | "stdout">, shape: JsonShape, format?: Format) {
    this.#stdout = world.stdout;
    this.#stderr = world.stderr;
    this.#shape = shape;
    this.format = format ?? (world.stdout.isTTY === true ? "table" : "plain");
    this.#hasColour = this.format === "table" && wantsColour(world.env);
  }

  /** Whether it is JSON of either kind. */
  get isJson(): boolean {
    return this.format === "json" || this.format === "ndjson";
  }

  /** Writes rows, each of which is one object as JSON. */
  async rows<Row>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    columns: readonly Column<Row>[],
    asJson: (row: Row) => JsonObject,
  ): Promise<void> {
    try {
      await this.#rows(rows, columns, asJson);
    } finally {
      // What is known stands there also where the rest could not be read.
      await this.#flush();
    }
  }

  async #rows<Row>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    columns: readonly Column<Row>[],
    asJson: (row: Row) => JsonObject,
  ): Promise<void> {
    switch (this.format) {
      case "ndjson":
        for await (const row of rows) await this.#line(this.#tagged(asJson(row)));
        return;
      case "json":
        await this.#jsonRows(rows, asJson);
        return;
      case "plain":
        await this.#line(columns.map(({ title }) => title).join("\t"));
        for await (const row of rows) {
          await this.#line(columns.map(({ text }) => untabbed(text(row))).join("\t"));
        }
        return;
      default:
        await this.#table(rows, columns);
    }
  }

  /** Writes one report, as JSON or as lines of text. */
  async document(data: JsonObject, lines: () => Iterable<string>): Promise<void> {
    if (this.format === "ndjson") await this.#line(this.#tagged(data));
    else if (this.format === "json") {
      await this.#line(JSON.stringify({ ...this.#shape, data }, undefined, 2));
    } else for (const line of lines()) await this.#line(line);
    await this.#flush();
  }

  /** Writes a text of its own kind, such as a drawing, which is no report. */
  async text(text: string): Promise<void> {
    await this.#write(text);
    await this.#flush();
  }

  /** Tells something beside the data. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** A heading, or whatever shall be seen first. */
  bold(text: string): string {
    return this.#hasColour ? styleText("bold", text, { validateStream: false }) : text;
  }

  /** What is well, or not. */
  verdict(text: string, isWell: boolean): string {
    if (!this.#hasColour) return text;
    return styleText(isWell ? "green" : "red", text, { validateStream: false });
  }

  #tagged(data: JsonObject): string {
    return JSON.stringify({ ...this.#shape, ...data });
  }

  async #jsonRows<Row>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    asJson: (row: Row) => JsonObject,
  ): Promise<void> {
    const { report, version } = this.#shape;
    await this.#write(
      `{\n  "report": ${JSON.stringify(report)},\n  "version": ${version},\n  "data": [`,
    );
    let separator = "\n";
    for await (const row of rows) {
      await this.#write(`${separator}    ${JSON.stringify(asJson(row))}`);
      separator = ",\n";
    }
    await this.#write(separator === "\n" ? "]\n}\n" : "\n  ]\n}\n");
  }

  async #table<Row>(
    rows: Iterable<Row> | AsyncIterable<Row>,
    columns: readonly Column<Row>[],
  ): Promise<void> {
    let held: string[][] = [];
    let isFirst = true;
    const flush = async () => {
      if (held.length === 0 && !isFirst) return;
      await this.#line(this.#drawn(columns, held, isFirst));
      isFirst = false;
      held = [];
    };
    for await (const row of rows) {
      held.push(columns.map(({ short, text }) => untabbed((short ?? text)(row))));
      if (held.length >= tableRowsMax) await flush();
    }
    await flush();
  }

  #drawn(
    columns: readonly Pick<Column<never>, "isNumber" | "title">[],
    cells: readonly (readonly string[])[],
    hasHead: boolean,
  ): string {
    const titles = columns.map(({ title }) => title);
    const widths = this.#widthsOf(hasHead ? [titles, ...cells] : cells);
    const table = new Table({
      ...(hasHead ? { head: titles.map((title) => this.bold(title)) } : {}),
      chars: noBorders,
      colAligns: columns.map(({ isNumber }) => (isNumber === true ? "right" : "left")),
      style: { head: [], border: [], "padding-left": 0, "padding-right": 0, compact: true },
      ...(widths === undefined ? {} : { colWidths: [...widths] }),
    });
    table.push(...cells.map((row) => [...row]));
    return table
      .toString()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");
  }

  /** Widths that fit into the terminal, at the cost of the widest column; undefined where all fit by themselves. */
  #widthsOf(lines: readonly (readonly string[])[]): readonly number[] | undefined {
    const widths = (lines[0] ?? []).map((_, index) =>
      Math.max(...lines.map((line) => line[index]?.length ?? 0)),
    );
    const room = (this.#stdout.columns ?? Number.POSITIVE_INFINITY) - gap.length * widths.length;
    let excess = widths.reduce((sum, width) => sum + width, 0) - room;
    if (excess <= 0) return undefined;
    while (excess > 0) {
      const widest = widths.indexOf(Math.max(...widths));
      const width = widths[widest] ?? 0;
      const next = Math.max(widthMin, ...widths.filter((each) => each < width));
      const taken = Math.min(excess, Math.max(1, width - next));
      if (width <= widthMin) break;
      widths[widest] = width - taken;
      excess -= taken;
    }
    return widths;
  }

  #line(text: string): Promise<void> {
    return this.#write(`${text}\n`);
  }

  async #write(text: string): Promise<void> {
    this.#held += text;
    if (this.#held.length >= heldTextMax) await this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#held;
    this.#held = "";
    if (text === "" || this.#stdout.write(text)) return;
    await new Promise<void>((resolve) => this.#stdout.once("drain", resolve));
  }
}

const widthMin = 8;
const gap = "  ";

const noBorders = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: gap,
} as const;

/** By no-color.org, FORCE_COLOR, and what a dumb terminal can show. */
function wantsColour(env: World["env"]): boolean {
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  if ((env["FORCE_COLOR"] ?? "") !== "") return env["FORCE_COLOR"] !== "0";
  return env["TERM"] !== "dumb";
}

/** A cell is one line, and has no tab in it. */
function untabbed(text: string): string {
  return text.replaceAll("\t", "\\t").replaceAll("\n", "\\n").replaceAll("\r", "\\r");
}
