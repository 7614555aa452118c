/**
 * Owns: the place where a tool that has started this process, as `millrace run` does, says who runs its application. It is of
 * the process, so that any copy of Millrace in it finds the same one.
 * Does not own: what a launcher does (src/cli), when it is asked (src/context).
 */

/** Runs the application of a process in its place, and hears of the contexts that start there. */
export interface Launcher<Application, Context> {
  /** Runs the application that the main program exports; in place of its own `run()`. */
  run(application: Application): Promise<void>;
  /** Hears of a context before it starts anything; what it throws refuses the start. */
  starting(context: Context): void;
}

const place: unique symbol = Symbol.for("millrace.launcher") as never;

const holder = globalThis as { [place]?: Launcher<unknown, unknown> };

/** Says who runs the application; to be called before the program is loaded. */
export function launchBy<Application, Context>(launcher: Launcher<Application, Context>): void {
  holder[place] = launcher;
}

/** Who runs the application of this process; undefined where it runs itself. */
export function launcherOfProcess<Application, Context>():
  | Launcher<Application, Context>
  | undefined {
  return holder[place];
}
