/**
 * Owns: the executors of a driver's context, from its start to its end, and that its datasets are computed there.
 * Does not own: what they do (src/executor), which there are (masters.ts).
 */
import type { StreamGraph } from "../core/index.ts";
import {
  DriverBodyWarnings,
  type Executors,
  ExecutorTasks,
  MirrorService,
} from "../executor/index.ts";
import type { ReceiverTracker } from "../receiver/index.ts";
import type { ListenerBus } from "../scheduler/index.ts";
import type { StoredSnapshot } from "../state/index.ts";
import { executorModuleOf, type LoadedApplication } from "./application-module.ts";
import { type DataContext, type DataSharing, sharingOf } from "./data-context.ts";
import { type ChosenMaster, masterOf } from "./masters.ts";
import { programFingerprint } from "./mirrored-program.ts";
import type { StreamingSettings } from "./options.ts";

export interface ContextExecutorsOptions {
  /** Its receivers are hosted by the executors. */
  readonly tracker: Pick<ReceiverTracker, "hostIn">;
  readonly graph: StreamGraph;
  readonly data: DataContext;
  readonly settings: StreamingSettings;
  readonly listeners: ListenerBus;
  /** The durable snapshots that make the state of an operator; undefined where states are nowhere but in memory. */
  readonly stateChain: ((uid: string) => Promise<readonly StoredSnapshot[]>) | undefined;
  /** Called when no executor comes up any more. */
  readonly fatal: (error: unknown) => void;
}

/** The executors of one context, or none. */
export class ContextExecutors {
  readonly #chosen: ChosenMaster | undefined;
  readonly #module: string | undefined;
  #begun: { readonly executors: Executors; readonly sharing: DataSharing } | undefined;

  /** Throws `master_unknown`, and `application_module_unknown` where executors could not know the program. */
  constructor(
    { executorModule, master = "local" }: Pick<StreamingSettings, "executorModule" | "master">,
    application: LoadedApplication | undefined,
  ) {
    this.#chosen = masterOf(master);
    this.#module =
      this.#chosen?.master.loadsModule === true
        ? executorModuleOf(executorModule, application)
        : undefined;
  }

  /** Resolves when all are ready, if there are to be any; the graph must have started. */
  async start(options: ContextExecutorsOptions): Promise<void> {
    const chosen = this.#chosen;
    if (chosen === undefined) return;
    const { data, fatal, graph, listeners, settings, stateChain, tracker } = options;
    const { clock, logger } = settings;
    const sharing = sharingOf(data);
    const { accumulators } = sharing;
    const fingerprint = programFingerprint({ data, graph });
    const { count, master } = chosen;
    const executors = master.launch({ count, fingerprint, logger, module: this.#module });
    this.#begun = { executors, sharing };
    const warnings = new DriverBodyWarnings(logger);
    listeners.add({ onBatchCompleted: ({ batchTime }) => warnings.batchEnded(batchTime) });
    executors.onBlocked((executor, { forMs, operator = "none" }) => {
      const blockedMs = Math.round(forMs);
      logger.warn(
        `an executor has not turned its event loop: executor=\`${executor}\` operator=\`${operator}\` blockedMs=\`${blockedMs}\``,
      );
    });
    const tasks = new ExecutorTasks({
      warnings,
      executors,
      graph,
      accumulators,
      clock,
      completeBefore: (target) => sharing.completeBefore(target),
    });
    // Without snapshots a state would be lost with an executor, so it stays here.
    if (stateChain !== undefined) {
      graph.spreadStates(tasks.states.spread({ chainOf: stateChain, failed: fatal }));
    }
    executors.serve(new MirrorService({ tasks, graph, accumulators, clock }).handlers);
    executors.onFailed(fatal);
    tracker.hostIn(executors);
    sharing.share(tasks);
    await executors.start();
  }

  async stop(): Promise<void> {
    this.#begun?.sharing.share(undefined);
    await this.#begun?.executors.stop();
  }
}
