/**
 * Owns: the bar that is shown on a terminal for what takes longer than a second.
 * Does not own: what takes so long.
 */
import { Presets, SingleBar } from "cli-progress";
import type { World } from "./world.ts";

const quietMs = 1000;

/** How far something is. Where nobody looks at stderr, nothing is written. */
export class Progress {
  readonly #world: Pick<World, "clock" | "stderr">;
  readonly #label: string;
  readonly #beganMs: number;
  #bar: SingleBar | undefined;

  constructor(world: Pick<World, "clock" | "stderr">, label: string) {
    this.#world = world;
    this.#label = label;
    this.#beganMs = world.clock.monotonicNow();
  }

  /** So much of it is behind. */
  update(done: number, total: number): void {
    const { clock, stderr } = this.#world;
    if (stderr.isTTY !== true || total <= 0) return;
    if (this.#bar === undefined) {
      if (clock.monotonicNow() - this.#beganMs < quietMs) return;
      this.#bar = new SingleBar(
        {
          format: `${this.#label} {bar} {percentage}%`,
          hideCursor: true,
          clearOnComplete: true,
          stream: stderr as unknown as NodeJS.WritableStream,
        },
        Presets.shades_classic,
      );
      this.#bar.start(total, done);
      return;
    }
    this.#bar.setTotal(total);
    this.#bar.update(Math.min(done, total));
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}
