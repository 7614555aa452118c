/**
 * Owns: reading a journal back: all of its events, and what is wrong with it, in the words of the recovery table.
 * Does not own: the copies and frames (src/wal), what is decided (recovery-policy.ts).
 */
import { StreamError } from "../base/index.ts";
import { optionsOfEnvelope, type Store } from "../store/index.ts";
import {
  type FrameTransform,
  journalNames,
  judgeLog,
  type LogBound,
  type LogDamage,
  type LogFrame,
  type LogListing,
  type LogPlan,
  listLog,
  planLog,
  readBeginnings,
  readLog,
  type SegmentReport,
} from "../wal/index.ts";
import { decodeEvent } from "./journal-codec.ts";
import type { JournalBound, JournalEvent } from "./journal-events.ts";
import { journalDirectories } from "./layout.ts";
import type { JournalFacts } from "./recovery-policy.ts";

/** An event with its number in the journal. */
export interface NumberedEvent {
  readonly sequence: number;
  readonly event: JournalEvent;
}

/** Where the next epoch goes on, and how it seals what is there. */
export interface JournalEnd {
  readonly nextSegment: number;
  readonly nextSequence: number;
  readonly sealed: readonly JournalBound[];
}

/** A journal as it was found. */
export interface JournalReading {
  readonly facts: JournalFacts;
  readonly events: readonly NumberedEvent[];
  readonly end: JournalEnd;
  readonly listing: LogListing;
  readonly plan: LogPlan;
  /** All that is wrong, for messages. */
  readonly damage: readonly LogDamage[];
  /** The segments as they were found; those with a damaged copy are to be repaired. */
  readonly reports: readonly SegmentReport[];
  readonly byteCount: number;
}

export interface ReadJournalOptions {
  readonly decode?: FrameTransform | undefined;
}

/** Reads the journal of a store; it throws only where the store cannot be asked, or an event makes no sense. */
export async function readJournal(
  store: Store,
  { decode }: ReadJournalOptions = {},
): Promise<JournalReading> {
  const listing = await listLog(store, journalPlace(store));
  const bounds = await boundsOf(store, planLog(listing), decode);
  const plan = planLog(listing, { bounds });
  const events: NumberedEvent[] = [];
  const damage: LogDamage[] = [];
  const reports: SegmentReport[] = [];
  for await (const event of readLog(store, plan, { kind: "journal", decode })) {
    if (event.kind === "frame") {
      events.push({ sequence: event.sequence, event: eventOf(event) });
    } else if (event.kind === "segment") reports.push(event.report);
    else if (event.kind === "damage") damage.push(event.damage);
  }
  return {
    ...judge({ damage, events, plan, reports }),
    listing,
    plan,
    damage,
    reports,
    byteCount: listing.files.reduce((sum, { byteCount }) => sum + byteCount, 0),
  };
}

/** Where the journal of a store is: in two copies on a medium that appends. */
export function journalPlace(store: Store): Parameters<typeof listLog>[1] {
  const { mirror, primary } = journalDirectories;
  const mirrorDirectory = store.openLog === undefined ? undefined : mirror;
  return { directory: primary, mirrorDirectory, names: journalNames };
}

/** What each epoch said, in its first event, about the ends of those before it. */
async function boundsOf(
  store: Store,
  plan: LogPlan,
  decode: ReadJournalOptions["decode"],
): Promise<ReadonlyMap<number, LogBound>> {
  const bounds = new Map<number, LogBound>();
  for (const frame of await readBeginnings(store, plan, { kind: "journal", decode })) {
    const event = eventOf(frame);
    if (event.kind !== "epoch_opened") continue;
    for (const { epoch, length, segment } of event.sealed) bounds.set(epoch, { segment, length });
  }
  return bounds;
}

/** Throws `store_option_missing`, `journal_event_unknown`, and `log_damaged` with the file. */
function eventOf({ address, payload }: LogFrame): JournalEvent {
  try {
    return decodeEvent(payload);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    const { offset, segment: file } = address;
    const option = optionsOfEnvelope(payload);
    if (option !== undefined) throw new StreamError("store_option_missing", { file, option });
    const code = error.code === "value_undecodable" ? "log_damaged" : error.code;
    throw new StreamError(code, { ...error.details, file, offset }, { cause: error });
  }
}

/** What a driver notes before it is ready to receive anything. */
const beginnings: ReadonlySet<JournalEvent["kind"]> = new Set(["epoch_opened"]);

interface Judged {
  readonly facts: JournalFacts;
  readonly events: readonly NumberedEvent[];
  readonly end: JournalEnd;
}

function judge(found: {
  readonly damage: readonly LogDamage[];
  readonly events: readonly NumberedEvent[];
  readonly plan: LogPlan;
  readonly reports: readonly SegmentReport[];
}): Judged {
  const { damage, plan, reports } = found;
  const has = (kind: LogDamage["kind"]) => damage.some((each) => each.kind === kind);
  const verdict = judgeLog(plan, reports);
  const nextSequence = verdict.kind === "goes_on" ? (verdict.nextSequence ?? 0) : undefined;
  // Frames may stand behind what a crash tore; nobody was promised anything of them, and their numbers are given again.
  const events = found.events.filter(({ sequence }) => sequence < (nextSequence ?? Infinity));
  // What is left open is made whole when it is sealed, torn or not.
  const sealed = reports.filter((report) => report.sealed !== "open");
  return {
    facts: {
      hasSegments: plan.parts.length > 0,
      isNewerFormat: has("format_newer"),
      hasGap: plan.parts.some((part) => "until" in part),
      copiesDiffer: has("copies_differ"),
      isDamaged: verdict.kind === "damaged",
      hasTornTail: verdict.kind === "goes_on" && verdict.isTorn,
      hasRepairableCopy: sealed.some(({ copies }) => copies.some((copy) => !copy.isWhole)),
      hasData: events.some(({ event }) => !beginnings.has(event.kind)),
      endsWithStop: events.at(-1)?.event.kind === "driver_stopped",
    },
    events,
    end: {
      nextSegment: (verdict.kind === "goes_on" ? verdict.nextSegment : undefined) ?? 0,
      nextSequence: nextSequence ?? 0,
      sealed: verdict.kind === "goes_on" ? verdict.bounds : [],
    },
  };
}
