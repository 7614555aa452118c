/** Owns: `millrace checkpoint wal ls` and `wal stat`: the segments of the logs, seen from outside and from inside. */
import {
  damageText,
  isTear,
  listSegments,
  reportSegment,
  type SegmentReport,
  type SegmentSummary,
} from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { exitCodes } from "../exit-code.ts";
import { asJson, type Column } from "../output.ts";
import { byteText, numberText } from "../text.ts";

const segmentFields = {
  file: "its name in the directory",
  log: "`journal`, `journal-mirror` or `blocks`",
  segment: "its number",
  epoch: "of the driver that wrote it",
  bytes: "of the file",
  isCopy: "whether a repair made it",
};

const segmentColumns: readonly Column<SegmentSummary>[] = [
  { title: "FILE", text: ({ file }) => file },
  { title: "LOG", text: ({ log }) => log },
  { title: "SEGMENT", text: ({ segment }) => String(segment), isNumber: true },
  { title: "EPOCH", text: ({ epoch }) => String(epoch), isNumber: true },
  {
    title: "BYTES",
    text: ({ bytes }) => String(bytes),
    short: ({ bytes }) => byteText(bytes),
    isNumber: true,
  },
];

export const walLsCommand: CommandDefinition = {
  name: "checkpoint wal ls",
  summary: "List the segments of the journal and of the receiver log; nothing of them is read",
  examples: [{ line: "millrace checkpoint wal ls ./ckpt", does: "which files the logs have" }],
  arguments: [directoryArgument],
  json: { report: "millrace/segments", version: 1, form: "rows", fields: segmentFields },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      await call.output.rows(await listSegments(directory), segmentColumns, asJson);
      return exitCodes.ok;
    }),
};

export const walStatCommand: CommandDefinition = {
  name: "checkpoint wal stat",
  summary: "Read the segments of the logs, and tell what is in each and what is wrong with it",
  description: [
    "Each file is read for itself, to its end. That an open one is damaged at its end is what a crash leaves; it counts as damage for `verify` where a start would not expect it.",
  ],
  examples: [
    {
      line: "millrace checkpoint wal stat ./ckpt",
      does: "how many frames there are, and which files are damaged",
    },
  ],
  arguments: [directoryArgument],
  json: {
    report: "millrace/segment-statistics",
    version: 1,
    form: "rows",
    fields: {
      ...segmentFields,
      frames: "that are as they were written",
      payloadBytes: "of these, as they are stored",
      firstSequence: "of the first of them",
      lastSequence: "of the last of them",
      end: "`sealed` by its writer, or `open`",
      damage: "what is wrong with it: `kind`, `offset`, `why` and more",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory) => {
      const segments = await listSegments(directory);
      const reports: SegmentReport[] = [];
      await call.withProgress("reading segments", async (progress) => {
        for (const [index, segment] of segments.entries()) {
          reports.push(await reportSegment(directory, segment));
          progress(index + 1, segments.length);
        }
      });
      await call.output.rows(reports, statColumns, asJson);
      const isDamaged = reports.some((report) =>
        report.damage.some((each) => !isTear(report, each)),
      );
      return isDamaged ? exitCodes.damaged : exitCodes.ok;
    }),
};

const statColumns: readonly Column<SegmentReport>[] = [
  ...segmentColumns.filter(({ title }) => title !== "SEGMENT" && title !== "LOG"),
  { title: "FRAMES", text: ({ frames }) => String(frames), isNumber: true },
  { title: "FIRST", text: ({ firstSequence }) => numberText(firstSequence), isNumber: true },
  { title: "LAST", text: ({ lastSequence }) => numberText(lastSequence), isNumber: true },
  { title: "END", text: ({ end }) => end },
  {
    title: "DAMAGE",
    text: ({ damage }) => (damage.length === 0 ? "-" : damage.map(damageText).join("; ")),
  },
];
