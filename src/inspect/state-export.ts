/**
 * Owns: the forms in which a state is exported for other programs: Avro, NDJSON, CSV, and rows for a database.
 * Does not own: where they go (src/cli).
 */
import { type Checkpoint, readStateSchema } from "../checkpoint/index.ts";
import {
  AvroContainerWriter,
  type AvroShape,
  declaredShape,
  longShape,
  optionalShape,
  plainShape,
  recordShape,
} from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { pathOf } from "./state-query.ts";
import { type KeyedEntry, newestChain, type ScanProgress, scanChain } from "./state-scan.ts";
import { keyText, toJson, valueText } from "./value-notation.ts";

/** A state to be exported. */
export interface ExportedState {
  readonly store: Store;
  readonly checkpoint: Checkpoint;
  readonly operator: string;
  readonly progress?: ScanProgress;
}

function entriesOf({
  checkpoint,
  operator,
  progress,
  store,
}: ExportedState): ReturnType<typeof scanChain> {
  return scanChain(store, newestChain(checkpoint, operator), progress && { progress });
}

type ExportedEntry = Pick<KeyedEntry, "key" | "usedAtMs" | "value">;

/**
 * An Avro object container file of records `key`, `value`, `usedAtMs`: keys are `millrace.Value`, any plain data as
 * docs/format/values.md has it, and so are values, unless the program declared a schema for them: then they are of that.
 */
export async function* exportAvro(
  state: ExportedState,
): AsyncGenerator<Uint8Array, void, undefined> {
  const newest = newestChain(state.checkpoint, state.operator).at(-1);
  const schema = newest && (await readStateSchema(state.store, newest));
  const value: AvroShape<unknown> =
    schema === undefined ? plainShape : declaredShape(schema, schema);
  const shape = recordShape<ExportedEntry>("MillraceExportedEntry", {
    key: plainShape,
    value,
    usedAtMs: optionalShape(longShape),
  });
  const { applicationName, applicationId } = state.checkpoint;
  const writer = new AvroContainerWriter({
    shape,
    metadata: {
      "millrace.export": JSON.stringify({
        applicationId,
        applicationName,
        operator: state.operator,
        versionMs: newest?.versionMs ?? null,
      }),
    },
  });
  yield writer.begin();
  for await (const slice of entriesOf(state)) {
    for (const entry of slice) {
      const chunk = writer.add({ key: entry.key, value: entry.value, usedAtMs: entry.usedAtMs });
      if (chunk !== undefined) yield chunk;
    }
  }
  const rest = writer.end();
  if (rest !== undefined) yield rest;
}

/** Lines of JSON, in the notation of values. */
export async function* exportNdjson(state: ExportedState): AsyncGenerator<string, void, undefined> {
  for await (const slice of entriesOf(state)) {
    let text = "";
    for (const { key, usedAtMs, value } of slice) {
      const used = usedAtMs === undefined ? {} : { usedAtMs };
      text += `${JSON.stringify({ key: toJson(key), value: toJson(value), ...used })}\n`;
    }
    yield text;
  }
}

/**
 * CSV as RFC 4180 has it, under a line of names: `key` and `value`, or the parts that `columns` names (`value.total`).
 * Texts stand for themselves, all else is in the notation of values; what is not there is empty. Throws `notation_invalid`.
 */
export async function* exportCsv(
  state: ExportedState,
  columns: readonly string[] = ["key", "value"],
): AsyncGenerator<string, void, undefined> {
  const parts = columns.map(pathOf);
  yield `${columns.map(csvCell).join(",")}\r\n`;
  for await (const slice of entriesOf(state)) {
    yield slice
      .map((entry) => `${parts.map((part) => csvCell(cellText(part(entry)))).join(",")}\r\n`)
      .join("");
  }
}

function cellText(part: unknown): string {
  if (part === undefined) return "";
  return typeof part === "string" ? part : valueText(part);
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row for a database: texts that its functions for JSON understand. */
export interface ExportedRow {
  /** As it is printed, and typed on a command line. */
  readonly key: string;
  /** In the notation of values. */
  readonly keyJson: string;
  readonly valueJson: string;
  readonly usedAtMs: number | undefined;
}

/** Rows in slices, one for each key. */
export async function* exportRows(
  state: ExportedState,
): AsyncGenerator<readonly ExportedRow[], void, undefined> {
  for await (const slice of entriesOf(state)) {
    yield slice.map(({ key, usedAtMs, value }) => ({
      key: keyText(key),
      keyJson: valueText(key),
      valueJson: valueText(value),
      usedAtMs,
    }));
  }
}
