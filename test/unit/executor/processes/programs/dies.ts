/** An executor's program that ends soon after start(). */
import { processLink } from "../../../../../src/executor/index.ts";

const link = processLink();
link?.serve({});
setImmediate(function look() {
  try {
    void link?.driver;
  } catch {
    setImmediate(look);
    return;
  }
  console.error("out of luck");
  process.exit(3);
});
await link?.ready("same");
