/** Owns: which handler answers which method. */
import { StreamError } from "../../base/index.ts";
import type { Handler, HandlerContext, Handlers } from "../executors.ts";

/** The methods that one side answers. */
export class MethodTable {
  readonly #handlers = new Map<string, Handler>();

  /** Adds handlers; throws `method_taken` for a name that has one. */
  add(handlers: Handlers): void {
    for (const [method, handler] of Object.entries(handlers)) {
      if (this.#handlers.has(method)) throw new StreamError("method_taken", { method });
      this.#handlers.set(method, handler);
    }
  }

  /** Calls a handler before it returns; rejects with what it throws, and with `method_unknown`. */
  async call(method: string, value: unknown, context: HandlerContext): Promise<unknown> {
    const handler = this.#handlers.get(method);
    if (handler === undefined) throw new StreamError("method_unknown", { method });
    return await handler(value, context);
  }
}
