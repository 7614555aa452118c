/**
 * Owns: the first frame of each epoch in a log, in which that epoch says at which lengths it has sealed the earlier ones; it
 * is needed before the rest can be read.
 */
import type { Store } from "../store/index.ts";
import type { LogFrame } from "./log-events.ts";
import type { LogPlan, PlannedSegment } from "./log-plan.ts";
import { type ReadLogOptions, readLog } from "./log-reader.ts";

/** The first frame of the first segment of each epoch, as far as one copy has it. Rejects as `readLog`. */
export async function readBeginnings(
  store: Pick<Store, "readRange">,
  plan: LogPlan,
  options: Pick<ReadLogOptions, "kind" | "decode">,
): Promise<LogFrame[]> {
  const beginnings: LogFrame[] = [];
  let epoch: number | undefined;
  for (const part of plan.parts) {
    if ("until" in part || part.epoch === epoch) continue;
    epoch = part.epoch;
    const frame = await firstFrame(store, part, options);
    if (frame !== undefined) beginnings.push(frame);
  }
  return beginnings;
}

async function firstFrame(
  store: Pick<Store, "readRange">,
  part: PlannedSegment,
  options: Pick<ReadLogOptions, "kind" | "decode">,
): Promise<LogFrame | undefined> {
  for await (const event of readLog(store, { parts: [part], leftovers: [] }, options)) {
    // What comes behind a loss is not the first.
    if (event.kind === "loss") return undefined;
    if (event.kind === "frame") return event;
  }
  return undefined;
}
