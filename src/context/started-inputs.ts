/** Owns: which inputs of a context were started, so that each of them is stopped, whatever the others do. */
import { type Clock, Deadline, type Logger } from "../base/index.ts";
import type { InputStream } from "../core/index.ts";

/** Starts and stops inputs. */
export class StartedInputs {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #started: InputStream[] = [];

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Rejects with what the input throws; it is not to be stopped then. */
  async start(input: InputStream): Promise<void> {
    await input.start();
    this.#started.push(input);
  }

  /** Stops those that were started; one that hangs is not waited for longer than this. Never rejects. */
  async stop(limitMs: number): Promise<void> {
    const stopping = this.#started.splice(0).map((input) => this.#stop(input));
    const inTime = await new Deadline(this.#clock, limitMs).isMetBy(Promise.all(stopping));
    if (!inTime) this.#logger.error(`an input did not stop within ${Math.round(limitMs)} ms`);
  }

  async #stop(input: InputStream): Promise<void> {
    try {
      await input.stop();
    } catch (error) {
      this.#logger.error(`could not stop the ${input.name}`, error);
    }
  }
}
