/**
 * Owns: one executor process as the driver sees it, from its launch to its end.
 * Does not own: the process itself (launched-process.ts), what follows on its end (process-executors.ts).
 *
 * It is starting, then ready, then ended; from starting it may end at once.
 * I1. It has ended when the process is gone, its output is here, and every call to it has failed.
 * I2. Its loss is told when the process is gone: nothing of it acts any more.
 */
import {
  type Clock,
  type ErrorDetails,
  type Logger,
  Settlement,
  StreamError,
  sleep,
  type Timer,
} from "../../base/index.ts";
import type { Blockage, ExecutorRef } from "../executors.ts";
import { type Admission, addressOf, type Channel, type Hello, MethodTable } from "../wire/index.ts";
import type { ExecutorSettings } from "./executor-settings.ts";
import { type Ending, type ExecutorProgram, LaunchedProcess } from "./launched-process.ts";
import { Liveness, type LivenessOptions } from "./liveness.ts";
import type { OutputSink } from "./output-lines.ts";
import { leaveMethod } from "./process-link.ts";

export interface ExecutorProcessOptions {
  readonly settings: ExecutorSettings;
  readonly program: ExecutorProgram;
  readonly fingerprint: string;
  /** What it may ask of the driver. */
  readonly methods: MethodTable;
  readonly output: OutputSink;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startLimitMs: number;
  readonly leaveLimitMs: number;
  readonly liveness: LivenessOptions;
  readonly onReady: (executor: ExecutorProcess) => void;
  readonly onBlocked: (executor: ExecutorProcess, blockage: Blockage) => void;
  /** Called once, at the end. */
  readonly onEnded: (executor: ExecutorProcess, error: StreamError) => void;
}

type State =
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly channel: Channel; readonly liveness: Liveness }
  | { readonly kind: "ended" };

/** How long a process that has closed its connection may be there before it is killed. */
const endLimitMs = 2000;
/** How long an executor may take to say where its program stands. */
const whereLimitMs = 5000;

export class ExecutorProcess {
  readonly id: string;
  readonly slot: number;
  readonly #options: ExecutorProcessOptions;
  readonly #process: LaunchedProcess;
  readonly #launchedMs: number;
  readonly #startTimer: Timer;
  readonly #heartbeats: Promise<Channel>;
  #heartbeatsOpened: (channel: Channel) => void = () => {};
  #heartbeatChannel: Channel | undefined;
  #state: State = { kind: "starting" };
  #isLeaving = false;
  /** Why it was killed, where that is known. */
  #verdict: StreamError | undefined;
  readonly #ended = new Settlement();

  constructor(options: ExecutorProcessOptions) {
    const { settings, program, output, clock, startLimitMs } = options;
    this.id = settings.id;
    this.slot = settings.slot;
    this.#options = options;
    this.#launchedMs = clock.monotonicNow();
    this.#heartbeats = new Promise((resolve) => {
      this.#heartbeatsOpened = resolve;
    });
    this.#process = new LaunchedProcess({ settings, program, output, clock });
    this.#startTimer = clock.setTimer(startLimitMs, () => this.#beOverdue());
    void this.#process.ended.then((ending) => this.#processEnded(ending));
  }

  get ref(): ExecutorRef {
    const { pid } = this.#process;
    const peerAddress = addressOf(this.#options.settings.addressBase, this.id);
    return { id: this.id, peerAddress, ...(pid === undefined ? {} : { pid }) };
  }

  /** How it is asked; undefined while it is not ready. */
  get channel(): Channel | undefined {
    return this.#state.kind === "ready" ? this.#state.channel : undefined;
  }

  /** Resolves when it has ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** How long it has been there. */
  get livedMs(): number {
    return this.#options.clock.monotonicNow() - this.#launchedMs;
  }

  /** Lets in a connection of this executor, or throws what it is told. */
  admit(hello: Hello): Admission {
    if (this.#isLeaving) throw new StreamError("executors_stopped", {});
    if (hello["kind"] === "heartbeats") return this.#admitHeartbeats();
    if (this.#state.kind !== "starting") {
      throw new StreamError("channel_damaged", { reason: "an executor connects twice" });
    }
    this.#checkFingerprint(hello["fingerprint"]);
    return {
      remote: this.id,
      methods: this.#options.methods,
      explain: (error) => this.#explain(error),
      opened: (channel) => this.#becomeReady(channel),
    };
  }

  /** Lets it leave, and kills it where it does not; resolves when it has ended. Calls to it fail with the reason. */
  async leave(reason: StreamError): Promise<void> {
    this.#isLeaving = true;
    this.#verdict ??= reason;
    const { channel } = this;
    if (channel === undefined) this.#process.kill();
    else {
      // It ends the process, so that there is never an answer.
      channel.request(leaveMethod, undefined).catch(() => {});
      const left = new AbortController();
      const limit = sleep(this.#options.clock, this.#options.leaveLimitMs, left.signal);
      await Promise.race([this.ended, limit]);
      left.abort();
      this.#process.kill();
    }
    await this.ended;
  }

  #admitHeartbeats(): Admission {
    return {
      remote: this.id,
      methods: new MethodTable(),
      opened: (channel) => {
        this.#heartbeatChannel = channel;
        this.#heartbeatsOpened(channel);
      },
    };
  }

  #checkFingerprint(found: unknown): void {
    const expected = this.#options.fingerprint;
    if (found === expected) return;
    this.#verdict ??= new StreamError("fingerprint_differs", {
      executor: this.id,
      expected,
      found,
    });
    throw this.#verdict;
  }

  #becomeReady(channel: Channel): void {
    this.#startTimer.cancel();
    const { clock, liveness: options, onReady, onBlocked, onEnded } = this.#options;
    const beat = async () => (await this.#heartbeats).request("millrace.beat", undefined);
    const liveness = new Liveness(beat, clock, options, {
      blocked: (blockage) => onBlocked(this, blockage),
      silent: () => {
        const reason = `no heartbeat for ${options.limitMs} ms`;
        this.#condemn(new StreamError("executor_lost", this.#details({ reason })));
      },
      disconnected: () => void this.#endSoon(),
    });
    this.#state = { kind: "ready", channel, liveness };
    void channel.closed.then((error) => {
      liveness.stop();
      this.#state = { kind: "ended" };
      onEnded(this, error);
      this.#ended.resolve();
    });
    onReady(this);
  }

  #condemn(verdict: StreamError): void {
    this.#verdict ??= verdict;
    this.#process.kill();
  }

  async #beOverdue(): Promise<void> {
    if (this.#state.kind !== "starting") return;
    const standsAt = await this.#standsAt();
    if (this.#state.kind !== "starting") return;
    const { startLimitMs: limitMs } = this.#options;
    this.#condemn(new StreamError("executor_start_overdue", this.#details({ limitMs, standsAt })));
  }

  async #standsAt(): Promise<string> {
    const channel = this.#heartbeatChannel;
    if (channel === undefined) return "it has not begun to run its program";
    const answered = new AbortController();
    const tooLong = sleep(this.#options.clock, whereLimitMs, answered.signal);
    try {
      const asked = channel.request("millrace.where", undefined);
      return placeIn(await Promise.race([asked, tooLong]));
    } catch (error) {
      return `it does not say: ${String(error)}`;
    } finally {
      answered.abort();
    }
  }

  /** Why the connection went: the process is gone, or is made to go, and its last words are read. */
  async #explain(error: StreamError): Promise<StreamError> {
    return this.#lossOf(await this.#endSoon(), error);
  }

  /** A process that ends closes its connections a moment before: how it ends is only known when it is left to. */
  async #endSoon(): Promise<Ending> {
    const killTimer = this.#options.clock.setTimer(endLimitMs, () => this.#process.kill());
    const ending = await this.#process.ended;
    killTimer.cancel();
    return ending;
  }

  #lossOf(ending: Ending, cause: StreamError): StreamError {
    const verdict = this.#verdict;
    if (verdict !== undefined) return this.#withEnding(verdict, ending);
    return new StreamError("executor_lost", this.#details(endingDetails(ending)), { cause });
  }

  #withEnding(verdict: StreamError, ending: Ending): StreamError {
    if (this.#isLeaving) return verdict;
    const { lastOutput } = ending;
    return new StreamError(verdict.code, { ...verdict.details, lastOutput });
  }

  #processEnded(ending: Ending): void {
    if (this.#state.kind === "ready") {
      // The connection may have ended before, and is explaining itself.
      this.#state.channel.destroy(new StreamError("channel_closed", { remote: this.id }));
      return;
    }
    if (this.#state.kind === "ended") return;
    this.#startTimer.cancel();
    this.#state = { kind: "ended" };
    const error =
      this.#verdict === undefined
        ? new StreamError("executor_start_failed", this.#details(endingDetails(ending)))
        : this.#withEnding(this.#verdict, ending);
    this.#options.onEnded(this, error);
    this.#ended.resolve();
  }

  #details(details: ErrorDetails): ErrorDetails {
    return { executor: this.id, pid: this.#process.pid, ...details };
  }
}

function endingDetails({ exitCode, exitSignal, lastOutput }: Ending): ErrorDetails {
  return { exitCode, exitSignal, lastOutput };
}

function placeIn(answer: unknown): string {
  if (typeof answer !== "object" || answer === null) return "it does not say";
  const { awaits, line } = answer as { awaits?: readonly string[]; line?: readonly string[] };
  if (awaits !== undefined) return `await at ${awaits.join(", in ")}`;
  if (line !== undefined) return `busy at ${line.join(", in ")}`;
  return "no await of the program is pending, and start() was not called";
}
