/**
 * Owns: telling, once per operator, that functions given inside its body run on the driver, and how much data comes to the
 * driver for them.
 * Does not own: moving the data, counting its bytes.
 */
import type { Logger } from "../base/index.ts";
import type { OperatorSite } from "../core/index.ts";

type Operator = Pick<OperatorSite, "uid" | "kind">;

/** Gathers what the bodies of operators move to the driver, and warns of each operator once, at the end of a batch. */
export class DriverBodyWarnings {
  readonly #logger: Logger;
  readonly #moved = new Map<string, { readonly kind: string; bytes: number }>();
  readonly #told = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Hears that a partition of that many bytes came to the driver, as a function of the operator's body runs there. */
  moved({ uid, kind }: Operator, bytes: number): void {
    if (this.#told.has(uid)) return;
    const moved = this.#moved.get(uid);
    if (moved === undefined) this.#moved.set(uid, { kind, bytes });
    else moved.bytes += bytes;
  }

  /** Hears that a batch is over: now it is known what it moved. */
  batchEnded(timeMs: number): void {
    for (const [uid, { kind, bytes }] of this.#moved) {
      this.#told.add(uid);
      this.#logger.warn(
        `the functions that the body of ${kind} gives to datasets run on the driver: operator=\`${uid}\` bytes=\`${bytes}\` batch=\`${timeMs}\`; ` +
          'make them udfs at module level, or declare the body { on: "executors" }',
      );
    }
    this.#moved.clear();
  }
}
