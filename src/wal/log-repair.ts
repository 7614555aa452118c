/**
 * Owns: whole copies of segments in the place of damaged ones.
 * Does not own: whether to repair (the callers, when the reports say so).
 *
 * I1. Nothing is changed or removed: the repaired copy stands beside the damaged one, which is kept as evidence, under a name
 *     that the reader prefers.
 * I2. A repaired copy is, byte for byte, what the writer had written, and was read back before it is told of.
 * I3. Only a segment is repaired of which every frame was found in one copy or another.
 */
import { Buffer } from "node:buffer";
import { invariant, StreamError } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { damageError, type LogDamage } from "./damage.ts";
import type { CopyReport, LogEvent, SegmentReport } from "./log-events.ts";
import { frameHeaderBytes, type LogKind, type SegmentHeader } from "./log-format.ts";
import { repairedName, splitRepairedName } from "./log-names.ts";
import type { PlannedSegment } from "./log-plan.ts";
import { SegmentEncoder } from "./segment-encoder.ts";
import { readSegmentHeader } from "./segment-header-reader.ts";
import { readSegment } from "./segment-reader.ts";
import { SegmentUnion } from "./segment-union.ts";
import { SegmentWindow } from "./segment-window.ts";

type RepairStore = Pick<Store, "create" | "readRange">;

const repairsMax = 9999;

/**
 * Makes a whole copy on each side of a segment that has none, and gives their names; the segment has a footer, or is planned
 * with the length at which it is sealed. Rejects with `log_damaged` where frames are lost or the medium damages what it is given, and
 * as the store does.
 */
export async function repairSegment(
  store: RepairStore,
  part: PlannedSegment,
  options: { readonly kind: LogKind },
): Promise<string[]> {
  const report = await reportOf(store, part, options.kind);
  const repaired: string[] = [];
  for (const copy of report.copies) {
    if (copy.isWhole) continue;
    repaired.push(await repairCopy(store, part, options.kind, copy));
  }
  return repaired;
}

async function reportOf(
  store: RepairStore,
  part: PlannedSegment,
  kind: LogKind,
): Promise<SegmentReport> {
  let because: readonly LogDamage[] = [];
  for await (const event of unionEvents(store, part, kind)) {
    if (event.kind === "loss") because = event.loss.because;
    if (event.kind !== "segment") continue;
    const { sealed } = event.report;
    if (sealed === "footer" || sealed === "bound") return event.report;
    throw irreparable(part, [...because, ...event.report.damage]);
  }
  throw irreparable(part, because);
}

async function repairCopy(
  store: RepairStore,
  part: PlannedSegment,
  kind: LogKind,
  { file, side }: CopyReport,
): Promise<string> {
  const { original } = splitRepairedName(file);
  const newest = Math.max(0, ...part.copies.map((each) => (each.side === side ? each.repair : 0)));
  for (let repair = newest + 1; repair <= repairsMax; repair += 1) {
    const name = repairedName(original, repair);
    // A repair that was cut off before may have made it; whether it is whole is not known.
    if ((await store.create(name, imageOf(store, part, kind))) === "taken") continue;
    await verify(store, name, part, kind);
    return name;
  }
  throw irreparable(part, []);
}

/** The segment as its writer wrote it, up to the length at which it counts. */
async function* imageOf(
  store: RepairStore,
  part: PlannedSegment,
  kind: LogKind,
): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new SegmentEncoder(await headerOf(store, part, kind));
  yield encoder.headerBytes;
  for await (const event of unionEvents(store, part, kind)) {
    if (event.kind === "loss") throw irreparable(part, event.loss.because);
    if (event.kind !== "frame") continue;
    // A copy that has the header tells what is missing behind it, which is a loss.
    invariant(event.sequence === encoder.nextSequence, "no frame is missing without a loss");
    const header = Buffer.alloc(frameHeaderBytes);
    encoder.writeFrameHeader(header, 0, event.payload, event.unsyncedBefore);
    yield header;
    yield event.payload;
  }
  if (encoder.offset < (part.sealedLength ?? Number.POSITIVE_INFINITY)) yield encoder.footer();
}

async function headerOf(
  store: RepairStore,
  { copies, epoch, segment, ...part }: PlannedSegment,
  kind: LogKind,
): Promise<SegmentHeader> {
  for (const { file } of copies) {
    const window = new SegmentWindow(store, file, part.sealedLength);
    const found = await readSegmentHeader(window, { kind, segment, epoch }).catch(() => undefined);
    if (found?.kind === "header") return found.header;
  }
  throw irreparable({ copies, epoch, segment, ...part }, []);
}

async function verify(
  store: RepairStore,
  name: string,
  { epoch, sealedLength, segment }: PlannedSegment,
  kind: LogKind,
): Promise<void> {
  const expected = { kind, segment, epoch };
  const events = readSegment(store, name, { expected, sealedLength });
  for (let next = await events.next(); ; next = await events.next()) {
    if (next.done) return;
    if (next.value.kind === "damage") throw damageError(next.value.damage);
  }
}

function unionEvents(
  store: RepairStore,
  part: PlannedSegment,
  kind: LogKind,
): AsyncGenerator<LogEvent, void, undefined> {
  return new SegmentUnion(store, part, { kind, nextSequence: undefined, before: [] }).read();
}

function irreparable(
  { copies, segment }: PlannedSegment,
  because: readonly LogDamage[],
): StreamError {
  const [damage] = because;
  const why = "no copy has what is missing";
  if (damage !== undefined) return damageError(damage, { segment, repair: why });
  return new StreamError("log_damaged", { file: copies[0]?.file, segment, why });
}
