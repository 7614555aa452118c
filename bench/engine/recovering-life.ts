/** Owns: one life of the program that is killed (recovering-program.ts), as its parent sees it. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export const batchIntervalMs = 200;
export const perSecond = 20_000;

/** What the program tells. */
export type Happening =
  | { readonly kind: "ready"; readonly batches: number; readonly phases: string }
  | {
      readonly kind: "batch";
      readonly batchTime: number;
      readonly records: number;
      readonly atMs: number;
    }
  | {
      readonly kind: "snapshot";
      readonly duration: number;
      readonly entryCount: number;
      readonly versionTime: number;
    };

type Kind = Happening["kind"];
type OfKind<K extends Kind> = Extract<Happening, { kind: K }>;

interface Waiting {
  readonly accepts: (happening: Happening) => boolean;
  readonly resolve: (happening: Happening) => void;
  readonly reject: (error: unknown) => void;
}

export class RecoveringLife {
  readonly #child: ChildProcess;
  readonly #happened: Happening[] = [];
  readonly #waiting = new Set<Waiting>();
  readonly #exit: Promise<void>;

  constructor(directory: string, keyCount: number, sinceMs: number) {
    const program = fileURLToPath(new URL("recovering-program.ts", import.meta.url));
    this.#child = fork(program, [directory, `${keyCount}`, `${sinceMs}`], { execArgv: [] });
    this.#child.on("message", (message) => this.#take(message as Happening));
    this.#exit = new Promise((resolve) => {
      this.#child.on("close", (code) => {
        const error = new Error(`the program ended with exit code ${code}`);
        for (const { reject } of this.#waiting) reject(error);
        resolve();
      });
    });
  }

  /** The first of the kind that is accepted, of those that were or are to come. */
  async first<K extends Kind>(
    kind: K,
    accepts: (happening: OfKind<K>) => boolean = () => true,
  ): Promise<OfKind<K>> {
    const isIt = (each: Happening): each is OfKind<K> =>
      each.kind === kind && accepts(each as OfKind<K>);
    const found = this.#happened.find(isIt);
    if (found !== undefined) return found;
    return new Promise((resolve, reject) => {
      const accept = (happening: Happening) => resolve(happening as OfKind<K>);
      this.#waiting.add({ accepts: isIt, resolve: accept, reject });
    });
  }

  /** SIGKILL; tells when. */
  kill(): number {
    const atMs = Date.now();
    this.#child.kill("SIGKILL");
    return atMs;
  }

  /** Resolves when the process is gone. */
  ended(): Promise<void> {
    return this.#exit;
  }

  #take(happening: Happening): void {
    this.#happened.push(happening);
    for (const waiting of this.#waiting) {
      if (!waiting.accepts(happening)) continue;
      this.#waiting.delete(waiting);
      waiting.resolve(happening);
    }
  }
}
