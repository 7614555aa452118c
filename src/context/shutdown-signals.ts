/** Owns: what SIGTERM and SIGINT do to a context that asked for it. */

/** Calls `stop` at the first signal; the second one has its usual effect. Returns a function that ends this. */
export function onShutdownSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  const signals: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
  const release = (): void => {
    for (const signal of signals) process.off(signal, handle);
  };
  const handle = (signal: NodeJS.Signals): void => {
    release();
    stop(signal);
  };
  for (const signal of signals) process.on(signal, handle);
  return release;
}
