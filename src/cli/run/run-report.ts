/**
 * Owns: how a run is shown: a status line on a terminal, under what the program writes; JSON lines elsewhere. All on stderr.
 * Does not own: what is told (run-messages.ts).
 */
import { asJson } from "../output.ts";
import { byteText, countText } from "../text.ts";
import type { World } from "../world.ts";
import type { BatchStatus } from "./run-messages.ts";

/** The name and version of the JSON lines. */
export const runReport = { report: "millrace/run", version: 1 } as const;

export interface RunEvent extends Partial<BatchStatus> {
  readonly event: "started" | "batch" | "stopped" | "restarting";
  readonly message?: string | undefined;
}

const fields = {
  event: undefined,
  atMs: undefined,
  batchTimeMs: undefined,
  batches: undefined,
  records: undefined,
  recordsPerSecond: undefined,
  schedulingDelayMs: undefined,
  processingDelayMs: undefined,
  waitingBatches: undefined,
  stateBytes: undefined,
  failure: undefined,
  message: undefined,
};

export class RunReport {
  readonly #world: Pick<World, "clock" | "stderr" | "stdout">;
  readonly #isLive: boolean;
  #line = "";
  /** Whether what the program wrote last ended its line. */
  #isAtStart = true;

  constructor(world: Pick<World, "clock" | "stderr" | "stdout">, isJson: boolean) {
    this.#world = world;
    this.#isLive = world.stderr.isTTY === true && !isJson;
  }

  /** Whether both streams of the program have to come by here, so that the status line is never in the middle of them. */
  get takesOutput(): boolean {
    return this.#isLive && this.#world.stdout.isTTY === true;
  }

  tell(event: RunEvent): void {
    const { clock, stderr } = this.#world;
    if (!this.#isLive) {
      const row = asJson({ ...fields, ...event, atMs: clock.now() });
      // A line of the program that has not ended is not to swallow it.
      stderr.write(this.#isAtStart ? "" : "\n");
      this.#isAtStart = true;
      stderr.write(`${JSON.stringify({ ...runReport, ...row })}\n`);
      return;
    }
    if (event.event === "batch") this.#line = statusLine(event as RunEvent & BatchStatus);
    else if (event.event === "restarting") this.passing("stderr", `millrace: ${event.message}\n`);
    if (event.event === "stopped") this.end();
    else this.#draw();
  }

  /** Writes what the program wrote, above the status line. */
  passing(to: "stderr" | "stdout", text: string): void {
    this.#clear();
    this.#world[to].write(text);
    if (to === "stderr" || this.takesOutput) this.#isAtStart = text.endsWith("\n");
    this.#draw();
  }

  /** Leaves the last status where it stands. */
  end(): void {
    if (this.#isLive && this.#line !== "" && this.#isAtStart) this.#world.stderr.write("\n");
    this.#line = "";
  }

  #clear(): void {
    if (this.#isLive && this.#line !== "" && this.#isAtStart)
      this.#world.stderr.write("\r\u001b[K");
  }

  #draw(): void {
    if (!this.#isLive || this.#line === "" || !this.#isAtStart) return;
    const { columns = 80 } = this.#world.stderr;
    this.#world.stderr.write(`\r\u001b[K${this.#line.slice(0, Math.max(0, columns - 1))}`);
  }
}

function statusLine(status: BatchStatus): string {
  const delayMs = status.schedulingDelayMs + status.processingDelayMs;
  return [
    countText(status.batches, "batch", "batches"),
    ...(status.waitingBatches === 0 ? [] : [`${status.waitingBatches} waiting`]),
    `delay ${Math.round(delayMs)} ms`,
    `${Math.round(status.recordsPerSecond)} records/s`,
    `state ${byteText(status.stateBytes)}`,
    ...(status.failure === undefined ? [] : [`failed: ${status.failure.split("\n")[0]}`]),
  ].join(" | ");
}
