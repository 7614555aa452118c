export { type DriverLock, type LockKind, takeLock } from "./driver-lock.ts";
export { claimEpoch, EpochFence, type EpochRecord, newestEpoch, readEpoch } from "./epochs.ts";
