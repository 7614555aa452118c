/** Owns: that whoever launched this process hears of a context before it starts anything. */
import { launcherOfProcess } from "../base/index.ts";

/** Tells the launcher, if there is one; throws what it refuses the start with. */
export function tellLauncher(context: unknown): void {
  launcherOfProcess<unknown, unknown>()?.starting(context);
}
