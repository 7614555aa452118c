/** A program that waits before start() for what never comes, while something keeps it alive. */
import { createServer } from "node:net";

createServer().listen(0);
async function configuration(): Promise<string> {
  console.log("waits");
  const text = await new Promise<string>(() => {});
  return text;
}
await configuration();
