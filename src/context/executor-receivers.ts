/**
 * Owns: what an executor needs to host receivers of its program: their blocks, and a log in the checkpoint directory.
 * Does not own: hosting them (src/receiver), the directory, which is the driver's (durable-directory.ts).
 */
import { type Clock, invariant } from "../base/index.ts";
import type { DatasetEnvironment } from "../core/index.ts";
import type { ExecutorLink, Handlers } from "../executor/index.ts";
import {
  type BlockLog,
  type HostableReceiver,
  ReceiverHost,
  type ReceiverTracker,
} from "../receiver/index.ts";
import { openBlockLog } from "../recovery/index.ts";
import { openStore } from "../store/index.ts";
import type { NamedDirectory } from "./context-directory.ts";
import { mediumOf } from "./durable-directory.ts";

export interface ExecutorReceiversOptions {
  readonly clock: Clock;
  readonly environment: Pick<DatasetEnvironment, "blocks">;
  readonly tracker: Pick<ReceiverTracker, "settings">;
  /** Undefined where the program has no checkpoint directory. */
  readonly directory: NamedDirectory | undefined;
  readonly commitDelayMs: number;
  readonly receiverOf: (streamUid: string) => HostableReceiver | undefined;
}

/** What an executor answers about receivers. */
export function receiverHandlers(link: ExecutorLink, options: ExecutorReceiversOptions): Handlers {
  const { clock, environment, receiverOf, tracker } = options;
  const fatal = (error: unknown) => link.fail(error);
  const host = new ReceiverHost({
    executorId: link.id,
    // It is connected when it is first asked.
    driver: {
      request: (method, value, asked) => link.driver.request(method, value, asked),
      notify: (method, value) => link.driver.notify(method, value),
    },
    clock,
    blocks: environment.blocks,
    settings: tracker.settings,
    receiverOf,
    openLog: (epoch) => openLog(link, epoch, options),
    fatal,
  });
  return host.handlers;
}

async function openLog(
  link: ExecutorLink,
  epoch: number,
  { clock, commitDelayMs, directory }: ExecutorReceiversOptions,
): Promise<Pick<BlockLog, "append">> {
  invariant(directory !== undefined, "a driver that logs has a directory, and so has its program");
  const store = await openStore(directory.address, directory.options.store);
  const log = openBlockLog({
    medium: mediumOf(store),
    clock,
    epoch,
    writer: link.id,
    commitDelayMs,
    failed: (error) => link.fail(error),
  });
  link.onLeaving(async () => {
    await log.close();
    await store.close();
  });
  return log;
}
