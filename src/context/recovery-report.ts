/** Owns: what a start tells about what it found, what it does about it, and how long each phase took. */
import type { Clock, Logger } from "../base/index.ts";
import type { StatefulStream } from "../core/index.ts";
import type { BlocksLost } from "../receiver/index.ts";
import type { DriverLife, ProgramPlan } from "../recovery/index.ts";
import type { DurableDirectory } from "./durable-directory.ts";

/** Tells of one start. */
export class RecoveryReport {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #directory: DurableDirectory;
  readonly #phases: string[] = [];
  #phaseMs: number;

  constructor(clock: Clock, logger: Logger, directory: DurableDirectory) {
    this.#clock = clock;
    this.#logger = logger;
    this.#directory = directory;
    this.#phaseMs = clock.monotonicNow();
    this.#phases.push(`observe ${Math.round(directory.observedMs)} ms`);
  }

  claimed({ epoch, observation }: DriverLife): void {
    this.#phaseEnds("claim");
    const { decision, journal, left } = observation;
    const found = `${this.#directory.address}: ${decision.label}, epoch ${epoch}`;
    if (left === undefined) {
      this.#logger.info(found);
      return;
    }
    const { events, byteCount } = journal;
    const { blocks, progress } = left.knowledge.snapshot();
    const unallocated = blocks.streams.reduce((sum, each) => sum + each.unallocated.length, 0);
    const pending = progress.filter(({ completed }) => completed === undefined).length;
    this.#logger.info(
      `${found}; checkpoint ${left.ref.name}, ${events.length} journal events in ${byteCount} bytes; ` +
        `${pending} batches pending, ${unallocated} blocks of no batch`,
    );
    for (const { file, kind, why } of journal.damage) {
      this.#logger.warn(`${file}: ${why} [${kind}]`);
    }
  }

  restoredReceived(lost: BlocksLost | undefined): void {
    this.#phaseEnds("receivers");
    for (const { blockIds, streamUid } of lost?.streams ?? []) {
      this.#logger.warn(
        `${blockIds.length} blocks of ${streamUid} were in the memory of a process that is gone, as the receiver log was off`,
      );
    }
  }

  restored(plan: ProgramPlan | undefined, streams: readonly StatefulStream[]): void {
    this.#phaseEnds("restore");
    if (plan === undefined) return;
    for (const { label, operatorUid, versionMs } of plan.bases.bases) {
      if (!streams.some(({ uid }) => uid === operatorUid)) continue;
      this.#logger.info(
        `state of ${operatorUid}: ${label.replaceAll("_", " ")}, as of ${versionMs}`,
      );
    }
    for (const { outcome, reason, uid, what } of plan.comparison.streams) {
      if (outcome !== "kept") this.#logger.info(`${what} ${uid}: ${outcome}, ${reason}`);
    }
    for (const uid of plan.comparison.unusedAllowances) {
      this.#logger.warn(`allowDropped names ${uid}, and nothing of that uid is lost; leave it out`);
    }
    for (const { change, operatorUids, uid } of plan.comparison.changedCode) {
      this.#logger.warn(
        `the ${change} of ${uid} changed: completed batches are computed again by it for ${operatorUids.join(", ")}`,
      );
    }
    for (const { availableAfterMs, inputUid, neededAfterMs } of plan.bases.missing) {
      this.#logger.warn(
        `data of ${inputUid} up to ${availableAfterMs} are gone; what looks back to ${neededAfterMs} counts them as empty`,
      );
    }
    if (plan.emptiedWindows.length > 0) {
      this.#logger.warn(
        `the batch interval changed: windows begin empty on the new grid: ${plan.emptiedWindows.join(", ")}`,
      );
    }
    const again = plan.batches.filter(({ todo }) => todo === "states").length;
    const pending = plan.batches.length - again;
    this.#logger.info(
      `${plan.label}: ${again} completed batches to be computed again for their states, ${pending} batches to be replayed`,
    );
  }

  started({ batches }: { readonly batches: number }): void {
    this.#phaseEnds("replay");
    this.#logger.info(`ready after ${batches} batches: ${this.#phases.join(", ")}`);
  }

  #phaseEnds(name: string): void {
    const nowMs = this.#clock.monotonicNow();
    this.#phases.push(`${name} ${Math.round(nowMs - this.#phaseMs)} ms`);
    this.#phaseMs = nowMs;
  }
}
