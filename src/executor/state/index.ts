export { RemotePartition } from "./remote-partition.ts";
export { StateHost } from "./state-host.ts";
export type {
  StateLink,
  StateNotices,
  StatePlace,
  StateRequests,
  StateTally,
} from "./state-messages.ts";
export { type SpreadState, type StateExecutors, StateOwners } from "./state-owners.ts";
