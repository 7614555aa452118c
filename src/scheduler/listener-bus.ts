/** Owns: telling every listener, in order, and keeping their trouble away from the batches. */
import type { Logger } from "../base/index.ts";
import type { ListenerEvents, StreamingListener } from "./listener.ts";

/** Tells listeners what happens. */
export class ListenerBus {
  readonly #listeners = new Set<StreamingListener>();
  readonly #logger: Logger;
  #closed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: StreamingListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: StreamingListener): void {
    this.#listeners.delete(listener);
  }

  /** Tells every listener that has a method for the event. */
  post<Name extends keyof ListenerEvents>(name: Name, event: ListenerEvents[Name]): void {
    if (this.#closed) return;
    for (const listener of this.#listeners) this.#call(listener, name, event);
  }

  /** No event is told after this. */
  close(): void {
    this.#closed = true;
  }

  #call<Name extends keyof ListenerEvents>(
    listener: StreamingListener,
    name: Name,
    event: ListenerEvents[Name],
  ): void {
    const failed = (error: unknown): void =>
      this.#logger.error(`a streaming listener failed in ${name}`, error);
    try {
      const method = listener[name] as ((event: ListenerEvents[Name]) => unknown) | undefined;
      const result = method?.call(listener, event);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
