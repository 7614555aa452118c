/** Owns: `millrace checkpoint wal cat`. */
import {
  catSegment,
  damageText,
  type FrameReport,
  findSegment,
  isTear,
  type LogDamage,
  toJson,
  valueText,
} from "../../inspect/index.ts";
import { type CommandDefinition, directoryArgument } from "../command.ts";
import { type ExitCode, exitCodes } from "../exit-code.ts";
import { asJson, type Column, type JsonObject } from "../output.ts";
import { eventText } from "./journal.ts";

export const walCatCommand: CommandDefinition = {
  name: "checkpoint wal cat",
  summary: "Print the frames of one segment: journal events, or the records of blocks",
  description: [
    "The file is printed as it is, also where it is damaged: what is wrong stands where it was found, and reading goes on behind it.",
  ],
  examples: [
    {
      line: "millrace checkpoint wal cat ./ckpt blocks/0000000001-driver-0000000000",
      does: "the records that were received, block by block",
    },
  ],
  arguments: [directoryArgument, { name: "<segment>", does: "a file, as `wal ls` shows it" }],
  json: {
    report: "millrace/frames",
    version: 1,
    form: "rows",
    fields: {
      kind: "`event`, `block` or `damage`",
      sequence: "the number of the frame; null for damage",
      offset: "where it begins",
      bytes: "of the whole frame",
      content:
        "the event, or `records`, or `bytes`, in the notation of values; of damage what is wrong",
    },
  },
  run: async (call) =>
    call.inspect(call.arg(0), async (directory): Promise<ExitCode> => {
      const segment = await findSegment(directory, call.arg(1));
      let isDamaged = false;
      async function* frames(): AsyncGenerator<FrameReport, void, undefined> {
        const found: LogDamage[] = [];
        const reading = catSegment(directory, segment);
        let next = await reading.next();
        for (; next.done !== true; next = await reading.next()) {
          if (next.value.kind === "damage") found.push(next.value.damage);
          yield next.value;
        }
        const end = next.value.footer === undefined ? "open" : "sealed";
        isDamaged = found.some((damage) => !isTear({ end }, damage));
      }
      await call.output.rows(frames(), columns, frameJson);
      return isDamaged ? exitCodes.damaged : exitCodes.ok;
    }),
};

const columns: readonly Column<FrameReport>[] = [
  {
    title: "SEQUENCE",
    text: (frame) => (frame.kind === "damage" ? "-" : String(frame.sequence)),
    isNumber: true,
  },
  {
    title: "OFFSET",
    text: (frame) => String(frame.kind === "damage" ? frame.damage.offset : frame.offset),
    isNumber: true,
  },
  { title: "KIND", text: (frame) => (frame.kind === "event" ? frame.event.kind : frame.kind) },
  { title: "CONTENT", text: contentText },
];

function contentText(frame: FrameReport): string {
  switch (frame.kind) {
    case "damage":
      return damageText(frame.damage);
    case "event":
      return eventText(frame.event);
    case "block":
      return frame.block.form === "records"
        ? frame.block.records.map(valueText).join(" ")
        : valueText(frame.block.bytes);
  }
}

function frameJson(frame: FrameReport): JsonObject {
  if (frame.kind === "damage") {
    const { damage } = frame;
    const content = asJson(damage);
    return {
      kind: "damage",
      sequence: null,
      offset: damage.offset,
      bytes: damage.byteCount ?? null,
      content,
    };
  }
  const { bytes, kind, offset, sequence } = frame;
  const content = frame.kind === "event" ? toJson(frame.event) : toJson(blockContent(frame.block));
  return { kind, sequence, offset, bytes, content };
}

function blockContent(block: Extract<FrameReport, { kind: "block" }>["block"]): unknown {
  return block.form === "records" ? { records: block.records } : { bytes: block.bytes };
}
