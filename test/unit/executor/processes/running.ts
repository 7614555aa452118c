/** Owns: executors of a test, stopped at its end, and what they tell. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type StreamError, silentLogger, systemClock } from "../../../../src/base/index.ts";
import {
  type Blockage,
  type ExecutorRef,
  ProcessExecutors,
  type ProcessExecutorsOptions,
} from "../../../../src/executor/index.ts";

export type Told =
  | { readonly kind: "joined"; readonly executor: ExecutorRef }
  | { readonly kind: "lost"; readonly id: string; readonly error: StreamError }
  | { readonly kind: "blocked"; readonly id: string; readonly blockage: Blockage }
  | { readonly kind: "failed"; readonly error: StreamError }
  | { readonly kind: "line"; readonly id: string; readonly line: string };

/** What executors told, in order, and waiting for more of it. */
export class Hearing {
  readonly told: Told[] = [];
  #changed: () => void = () => {};

  hear(told: Told): void {
    this.told.push(told);
    this.#changed();
  }

  /** Resolves with the first that fits, as soon as it is told. */
  async first<K extends Told["kind"]>(
    kind: K,
    fits: (told: Extract<Told, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<Told, { kind: K }>> {
    for (;;) {
      for (const told of this.told) {
        if (isOf(told, kind) && fits(told)) return told;
      }
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  all<K extends Told["kind"]>(kind: K): Extract<Told, { kind: K }>[] {
    return this.told.filter((told) => isOf(told, kind));
  }
}

function isOf<K extends Told["kind"]>(told: Told, kind: K): told is Extract<Told, { kind: K }> {
  return told.kind === kind;
}

export function programFile(name: string): string {
  return fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
}

export function executorsOf(
  program: string,
  options: Partial<ProcessExecutorsOptions> & { args?: readonly string[] } = {},
): { executors: ProcessExecutors; hearing: Hearing } {
  const hearing = new Hearing();
  const { args = [], ...rest } = options;
  const executors = new ProcessExecutors({
    count: 1,
    fingerprint: "same",
    program: { script: programFile(program), args, execArgv: [] },
    clock: systemClock,
    logger: silentLogger,
    output: (id, _kind, line) => hearing.hear({ kind: "line", id, line }),
    leaveLimitMs: 2000,
    ...rest,
  });
  executors.onJoined((executor) => hearing.hear({ kind: "joined", executor }));
  executors.onLost((id, error) => hearing.hear({ kind: "lost", id, error }));
  executors.onBlocked((id, blockage) => hearing.hear({ kind: "blocked", id, blockage }));
  executors.onFailed((error) => hearing.hear({ kind: "failed", error }));
  onTestFinished(() => executors.stop());
  return { executors, hearing };
}

export function firstOf(executors: ProcessExecutors): ExecutorRef & { readonly pid: number } {
  const [first] = executors.living;
  if (first?.pid === undefined) throw new Error("no executor");
  return { ...first, pid: first.pid };
}

/** An address that processes connect to, and that learns of the end of each. */
export async function witness(): Promise<{
  address: string;
  allGone: (count: number) => Promise<void>;
}> {
  const address = join(tmpdir(), `witness-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const server: Server = createServer();
  const gone: Promise<unknown>[] = [];
  server.on("connection", (socket) =>
    gone.push(
      once(
        socket.resume().on("error", () => {}),
        "close",
      ),
    ),
  );
  server.listen(address);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return {
    address,
    allGone: async (count) => {
      while (gone.length < count) await once(server, "connection");
      await Promise.all(gone);
    },
  };
}
