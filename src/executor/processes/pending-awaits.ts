/**
 * Owns: knowing, until the program has reached `start()`, at which awaits it stands.
 * Does not own: where a main thread stands that does not turn its event loop (main-thread-stack.ts).
 *
 * Node tells where a top-level await stands only when nothing is left that could end it. So the stack of each promise
 * is kept while it is pending; an await makes one. This costs a few microseconds per promise, and ends with `stop`.
 */
import { promiseHooks } from "node:v8";

interface Trace {
  readonly stack?: string;
}

const tracesMax = 20_000;
const framesMax = 20;

/** Follows the promises of this thread. */
export class PendingAwaits {
  readonly #traces = new Map<Promise<unknown>, Trace>();
  readonly #unhook: () => void;

  constructor() {
    const forget = (promise: Promise<unknown>) => void this.#traces.delete(promise);
    const unhook: unknown = promiseHooks.createHook({
      init: (promise) => this.#remember(promise),
      before: forget,
      settled: forget,
    });
    this.#unhook = typeof unhook === "function" ? () => void unhook() : () => {};
  }

  /** Ends the following, and forgets all. */
  stop(): void {
    this.#unhook();
    this.#traces.clear();
  }

  /**
   * Where the program stands, innermost first; undefined where no await of it is pending. What the top level of a module
   * waits for counts before what goes on beside it.
   */
  standsAt(): readonly string[] | undefined {
    const stacks = [...this.#traces.values()].map(placesIn).filter(({ length }) => length > 0);
    const top = stacks.findLast((places) => places.some(isTopLevel))?.find(isTopLevel);
    if (top === undefined) return stacks.at(-1);
    // The same await is seen from within the functions that it called, and from without.
    const same = stacks.filter((places) => places.some((place) => lineOf(place) === lineOf(top)));
    return same.reduce((deepest, places) => (places.length >= deepest.length ? places : deepest));
  }

  #remember(promise: Promise<unknown>): void {
    if (this.#traces.size >= tracesMax) {
      const [oldest] = this.#traces.keys();
      if (oldest !== undefined) this.#traces.delete(oldest);
    }
    const trace: Trace = {};
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = framesMax;
    Error.captureStackTrace(trace);
    Error.stackTraceLimit = limit;
    this.#traces.set(promise, trace);
  }
}

/** The places of the program in a stack: not those of Node, nor of this file, nor built-in functions. */
function placesIn({ stack = "" }: Trace): string[] {
  return stack
    .split("\n")
    .slice(1)
    .map((line) => line.replace(/^\s*at (async )?/, ""))
    .filter(
      (place) =>
        !/(^|\()node:|<anonymous>\)?$/.test(place) &&
        !place.includes(import.meta.url) &&
        // Node instantiates a module at its first place, where it does not stand.
        !/^file:.*:1:1$/.test(place),
    );
}

/** Code at the top level of a module is in no function. */
function isTopLevel(place: string): boolean {
  return place.startsWith("file:");
}

/** `file:///main.ts:8` of `file:///main.ts:8:7`. */
function lineOf(place: string): string {
  return place.replace(/:\d+$/, "");
}
