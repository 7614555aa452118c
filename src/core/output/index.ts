export { type CommitOptions, type CommitOutcome, commitOnce } from "./commit-once.ts";
export { CommitPruning } from "./commit-pruning.ts";
export { currentOutput, inOutput } from "./current-output.ts";
export type {
  ApplicationIdentity,
  BatchOutputIdentity,
  OutputIdentity,
} from "./output-identity.ts";
export {
  decodeManifest,
  encodeManifest,
  isOutputOf,
  manifestName,
  type OutputManifest,
  type SavedPart,
} from "./output-manifest.ts";
export type { ApplicationRecord, CommitLedger, TransactionalSink } from "./transactional-sink.ts";
