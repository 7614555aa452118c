/**
 * Owns: the processes of the main job: a feeder that lives as long as the job, and a driver that is killed in mid-stream
 * and started again at once, on the same checkpoint directory.
 * Does not own: what the driver does (01-flight-delays.ts), when it is killed (kill-plan.ts).
 *
 * I1 What a kill has hit is told by the driver's own last messages, not by what was aimed at.
 * I2 The exit code is the driver's verdict, but 1 where a kill that was due has missed one of the three targets.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { DriverActivity, type DriverMessage, targetTexts } from "./driver-messages.ts";
import type { KillPlan } from "./kill-plan.ts";

export interface SupervisorOptions {
  /** The program of the driver, and its arguments: the same in each life. */
  readonly driver: { readonly path: string; readonly args: readonly string[] };
  readonly plan: KillPlan;
  /** Kills that were asked for. */
  readonly kills: number;
  readonly say: (text: string) => void;
}

/** Runs lives of the driver until one ends by itself. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #downtimesMs: number[] = [];
  #life: DriverLife | undefined;
  #isInterrupted = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Has the driver stop in good order; the second time it ends at once. */
  interrupt(): void {
    if (this.#isInterrupted) this.#life?.kill();
    this.#isInterrupted = true;
    this.#life?.interrupt();
  }

  /** Resolves with the exit code of the job. */
  async run(): Promise<number> {
    const { driver, plan, say } = this.#options;
    let killedAtMs: number | undefined;
    for (;;) {
      const lastKillMs = killedAtMs;
      const life = new DriverLife(driver, {
        plan,
        worked: () => {
          if (lastKillMs !== undefined) this.#downtimesMs.push(performance.now() - lastKillMs);
        },
      });
      this.#life = life;
      if (this.#isInterrupted) life.interrupt();
      const code = await life.ended;
      const isKilled = life.killedAtMs !== undefined && code === null;
      if (!isKilled || this.#isInterrupted) return this.#conclude(code);
      killedAtMs = life.killedAtMs;
      const targets = life.activity.targets;
      plan.killed(targets);
      const hit = [...targets].map((target) => targetTexts[target]).join(", ");
      const flights = life.activity.flights.toLocaleString("en-US");
      say(`Kill ${plan.made}, at ${flights} flights: ${hit === "" ? "between batches" : hit}`);
    }
  }

  #conclude(code: number | null): number {
    const { kills, plan, say } = this.#options;
    if (code === null && !this.#isInterrupted) say("The driver was ended by a signal of others");
    if (plan.made > 0) {
      const worst = Math.max(...this.#downtimesMs) / 1000;
      const hits = (["unallocated", "batch", "snapshot"] as const).map(
        (target) => `${targetTexts[target]}: ${plan.hitsOf(target)}`,
      );
      say(
        `\nKilled ${plan.made} times, the next batch was done after ${worst.toFixed(1)} s at most`,
      );
      say(hits.join("; "));
    }
    if (this.#isInterrupted) return code ?? 130;
    if (code !== 0) return code ?? 1;
    for (const target of plan.missing) say(`MISSED: no kill was made while ${targetTexts[target]}`);
    if (plan.made < kills) say(`MISSED: the feed ended before kill ${plan.made + 1} of ${kills}`);
    return plan.missing.length > 0 || plan.made < kills ? 1 : 0;
  }
}

/** One life of the driver. */
class DriverLife {
  readonly activity = new DriverActivity();
  /** Resolves with the exit code, when all that it told has been heard; null where a signal ended it. */
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;
  readonly #events: { readonly plan: KillPlan; readonly worked: () => void };
  #killedAtMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #canStop = false;
  #isToStop = false;
  /** Whether nothing is left to be in the middle of. */
  #isDone = false;

  constructor(
    { path, args }: SupervisorOptions["driver"],
    events: { readonly plan: KillPlan; readonly worked: () => void },
  ) {
    this.#events = events;
    // In a process group of its own: Ctrl-C reaches only the supervisor, which hands it on when the driver is ready for it.
    this.#process = fork(path, args, { detached: true });
    this.#process.on("message", (message) => this.#hear(message as DriverMessage));
    const gone = Promise.all([
      once(this.#process, "exit"),
      once(this.#process, "disconnect"),
    ] as const);
    this.ended = gone.then(([[code]]) => {
      clearTimeout(this.#timer);
      return code as number | null;
    });
  }

  /** When it was killed, if it was. */
  get killedAtMs(): number | undefined {
    return this.#killedAtMs;
  }

  interrupt(): void {
    this.#isToStop = true;
    clearTimeout(this.#timer);
    if (this.#canStop) this.#process.kill("SIGINT");
  }

  kill(): void {
    if (this.#killedAtMs !== undefined) return;
    this.#killedAtMs = performance.now();
    this.#process.kill("SIGKILL");
  }

  #hear(message: DriverMessage): void {
    const isFirstBatch = message.kind === "batch-completed" && this.activity.batchesCompleted === 0;
    this.activity.take(message);
    if (isFirstBatch) this.#events.worked();
    if (message.kind === "can-stop") {
      this.#canStop = true;
      if (this.#isToStop) this.interrupt();
    }
    if (message.kind === "ended") {
      this.#isDone = true;
      clearTimeout(this.#timer);
    }
    if (this.#isToStop || this.#isDone) return;
    if (this.#killedAtMs !== undefined || this.#timer !== undefined) return;
    const delayMs = this.#events.plan.delayAfter(message, this.activity);
    if (delayMs === 0) this.kill();
    else if (delayMs !== undefined) this.#timer = setTimeout(() => this.kill(), delayMs);
  }
}
