/** A program that waits before start() for what nothing can bring any more. */
await new Promise(() => {});
