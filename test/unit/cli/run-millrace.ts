/** The command line in a process of its own, from its sources. */
import { main } from "../../../src/cli/index.ts";

await main();
