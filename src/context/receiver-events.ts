/** Owns: where news of receivers and inputs go: to the listeners, and as a warning to the log. */
import type { Logger } from "../base/index.ts";
import type { ReceiverEvents, ReceiverInfo } from "../receiver/index.ts";
import type { ListenerBus } from "../scheduler/index.ts";

/** Tells listeners of receivers, and the log of their errors: nobody may be listening. */
export function receiverEvents(listeners: ListenerBus, logger: Logger): ReceiverEvents {
  const warnOf = ({ lastError, lastErrorMessage, name }: ReceiverInfo): void => {
    // A receiver that was told to stop has no error.
    if (lastErrorMessage === "") return;
    logger.warn(`${name}: ${lastErrorMessage}`, lastError || undefined);
  };
  return {
    receiverStarted: (info) => listeners.post("onReceiverStarted", info),
    receiverError: (info) => {
      warnOf(info);
      listeners.post("onReceiverError", info);
    },
    receiverStopped: (info) => {
      warnOf(info);
      listeners.post("onReceiverStopped", info);
    },
  };
}
