/**
 * Owns: how a program has a feeder of its own: it starts one and hears on which port it listens.
 * Does not own: the feeder (feeder.ts). It ends when the feed is acknowledged or its parent is gone, at the latest.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface FeederProcess {
  /** The port on 127.0.0.1 where it waits for a receiver. */
  readonly port: number;
  /** Ends it, whatever it has not fed. */
  stop(): void;
}

const feederPath = fileURLToPath(new URL("feeder.ts", import.meta.url));

/** Starts a feeder; `rate` is in flights per second, or "max". Rejects when it does not come up, having told why. */
export async function startFeeder(options: {
  flights: number;
  rate: string;
}): Promise<FeederProcess> {
  const feeder = fork(feederPath, [`--flights=${options.flights}`, `--rate=${options.rate}`], {
    // In a process group of its own: Ctrl-C reaches only the program, which can then stop in good order.
    detached: true,
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const port = await portOf(feeder);
  return {
    port,
    stop: () => {
      feeder.kill();
    },
  };
}

async function portOf(feeder: ChildProcess): Promise<number> {
  if (feeder.stdout === null) throw new Error("the feeder has no standard output");
  for await (const line of createInterface({ input: feeder.stdout })) {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null && "port" in event) return Number(event.port);
  }
  throw new Error("the feeder ended before it listened");
}
