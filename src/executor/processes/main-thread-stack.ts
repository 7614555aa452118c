/**
 * Owns: looking, from another thread, at which line the main thread stands while it does not turn its event loop.
 * Does not own: awaits (pending-awaits.ts).
 */
import { type Debugger, Session } from "node:inspector";
import { type Clock, sleep } from "../../base/index.ts";

/**
 * The functions and lines of the main thread, innermost first; undefined where it answers not even the debugger within
 * the limit, as inside of a system call. The thread goes on afterwards.
 */
export async function mainThreadStack(
  clock: Clock,
  limitMs: number,
): Promise<readonly string[] | undefined> {
  const session = new Session();
  session.connectToMainThread();
  const scripts = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => {
    scripts.set(params.scriptId, params.url);
  });
  const paused = new Promise<readonly string[]>((resolve) => {
    session.once("Debugger.paused", ({ params }) => {
      session.post("Debugger.resume");
      resolve(placesIn(params.callFrames, scripts));
    });
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  try {
    return await Promise.race([paused, sleep(clock, limitMs).then(() => undefined)]);
  } finally {
    session.disconnect();
  }
}

function placesIn(
  frames: readonly Debugger.CallFrame[],
  scripts: ReadonlyMap<string, string>,
): string[] {
  return frames
    .map(({ functionName, location: { scriptId, lineNumber } }) => {
      const place = `${scripts.get(scriptId) ?? ""}:${lineNumber + 1}`;
      return functionName === "" ? place : `${functionName} (${place})`;
    })
    .filter((place) => !/(^|\()node:/.test(place));
}
