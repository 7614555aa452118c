/**
 * Owns: the table of error codes, put together from those of each part of the house. One line of message (lower case,
 * without values), one of help (what to do next).
 * Does not own: how an error is thrown or printed (errors.ts).
 */
import { baseErrors } from "./error-codes/base.ts";
import { checkpointErrors } from "./error-codes/checkpoint.ts";
import { codecErrors } from "./error-codes/codec.ts";
import { contextErrors } from "./error-codes/context.ts";
import { coreErrors } from "./error-codes/core.ts";
import { executorErrors } from "./error-codes/executor.ts";
import { receiverErrors } from "./error-codes/receiver.ts";
import { recoveryErrors } from "./error-codes/recovery.ts";
import { sinksErrors } from "./error-codes/sinks.ts";
import { stateErrors } from "./error-codes/state.ts";
import { storeErrors } from "./error-codes/store.ts";
import { walErrors } from "./error-codes/wal.ts";

export type { ErrorKind } from "./error-codes/error-entry.ts";

type Codes = typeof baseErrors &
  typeof codecErrors &
  typeof storeErrors &
  typeof walErrors &
  typeof receiverErrors &
  typeof stateErrors &
  typeof coreErrors &
  typeof executorErrors &
  typeof contextErrors &
  typeof checkpointErrors &
  typeof recoveryErrors &
  typeof sinksErrors;

/** Each code with its kind, its message (lower case, without values) and the next step. */
<<<<<<< HEAD
export const errorCodes: Codes = {
  ...baseErrors,
  ...codecErrors,
  ...storeErrors,
  ...walErrors,
  ...receiverErrors,
  ...stateErrors,
  ...coreErrors,
  ...executorErrors,
  ...contextErrors,
  ...checkpointErrors,
  ...recoveryErrors,
  ...sinksErrors,
};
=======
export const errorCodes = {
  // base
  invariant_violated: {
    kind: "bug",
    message: "an invariant of millrace does not hold",
    help: "report this with the stack",
  },
  argument_invalid: {
    kind: "usage",
    message: "an argument is not valid",
    help: "pass a value of the form that is named",
  },
  package_missing: {
    kind: "usage",
    message: "an optional package cannot be loaded",
    help: "install it beside millrace by the command that is named, or see the cause",
  },
  clock_advancing: {
    kind: "usage",
    message: "the manual clock is already being advanced",
    help: "await the first advance before the next",
  },
  // codec: keys and values
  key_unsupported: {
    kind: "usage",
    message: "a value of this type cannot be a key",
    help: "use a primitive, or an array, plain object, valid Date or Uint8Array made of such",
  },
  value_unsupported: {
    kind: "usage",
    message: "a value holds something that is not plain data",
    help: "map what the path names to plain data (see docs/format/values.md), or set a codec",
  },
  value_too_large: {
    kind: "usage",
    message: "a value is too large to be encoded",
    help: "split it into several records",
  },
  value_undecodable: {
    kind: "data",
    message: "the bytes of a value make no sense",
    help: "find out what changed the bytes since they were written",
  },
  value_schema_mismatch: {
    kind: "usage",
    message: "a record does not fit the avro schema",
    help: "map the records to what the schema says, or change the schema",
  },
  schema_invalid: {
    kind: "usage",
    message: "the avro schema is not valid",
    help: "see the cause, and the avro specification",
  },
  container_damaged: {
    kind: "data",
    message: "an avro container file is not what its writer wrote",
    help: "restore the file, or find out who cut or changed it",
  },
  container_compression_unknown: {
    kind: "data",
    message: "an avro container file is compressed in a way that is not known here",
    help: "write it with the codec null or deflate",
  },
  // store
  address_invalid: {
    kind: "usage",
    message: "the address of a store is not valid",
    help: "pass a path, file:/a/path, memory:name, s3://bucket/prefix or a registered scheme",
  },
  store_scheme_unknown: {
    kind: "usage",
    message: "nobody has registered this kind of store",
    help: "register it by registerScheme() first, or write ./ before a path that looks like one",
  },
  store_scheme_taken: {
    kind: "usage",
    message: "the scheme is registered already",
    help: "register another name, once in each process",
  },
  store_name_invalid: {
    kind: "usage",
    message: "no object of a store can have this name",
    help: "use parts of A-Z a-z 0-9 . _ - = with / between them, where no object is the folder of others",
  },
  store_taken: {
    kind: "usage",
    message: "the name is taken already",
    help: "choose a fresh name: a store never overwrites",
  },
  store_missing: {
    kind: "data",
    message: "there is no such object in the store",
    help: "find out who removed it; look whether the address is the right one",
  },
  store_bucket_missing: {
    kind: "usage",
    message: "the bucket does not exist",
    help: "make it, or mend the address, the region or the endpoint",
  },
  store_full: {
    kind: "unavailable",
    message: "the store has no room left",
    help: "make room on the disk, or raise the quota",
  },
  store_denied: {
    kind: "unavailable",
    message: "the store does not allow this",
    help: "look at owner, permissions and credentials, and whether it is mounted read-only",
  },
  store_unreachable: {
    kind: "unavailable",
    message: "the store does not answer",
    help: "look at the network and the store; what was under way may or may not have happened",
  },
  store_unfit: {
    kind: "usage",
    message: "the store cannot keep what millrace relies on",
    help: "use a file system with hard links, or an S3 server that keeps If-None-Match on writes",
  },
  store_write_failed: {
    kind: "unavailable",
    message: "a store could not write",
    help: "look at the disk; nobody knows whether it is there, so try again under a fresh name",
  },
  store_read_failed: {
    kind: "unavailable",
    message: "a store could not read",
    help: "look at the disk; nothing was changed, so try again",
  },
  store_closed: {
    kind: "closed",
    message: "the store was closed",
    help: "open it again",
  },
  // wal
  log_failed: {
    kind: "unavailable",
    message: "a log could not be written, and takes nothing more",
    help: "look at the disk or the network, then start again: recovery reads back what is there",
  },
  log_taken: {
    kind: "closed",
    message: "somebody else writes this log, and this writer ends",
    help: "let the other driver go on, or stop it before you start this one again",
  },
  log_closed: {
    kind: "closed",
    message: "the log is closed and takes nothing",
    help: "append before it is closed",
  },
  log_frame_too_large: {
    kind: "usage",
    message: "what should be appended to a log is too large for a frame",
    help: "store smaller blocks",
  },
  log_damaged: {
    kind: "data",
    message: "a log is not what was written",
    help: "nothing was changed; restore the file from a copy of it",
  },
  log_foreign: {
    kind: "data",
    message: "a file in the place of a log's segment is none",
    help: "move it away, or name the directory that is meant",
  },
  format_newer: {
    kind: "usage",
    message: "a file was written by a newer release",
    help: "start with that release or a later one; nothing was changed",
  },
  checkpoint_foreign: {
    kind: "usage",
    message: "a checkpoint is not one of this application",
    help: "name the directory of this application, or an empty one to begin anew",
  },
  // receiver and sources
  receiver_not_attached: {
    kind: "usage",
    message: "the receiver is not attached to a stream yet",
    help: "use it from onStart on, after receiverStream(receiver)",
  },
  receiver_attached: {
    kind: "usage",
    message: "the receiver belongs to a stream already",
    help: "make a receiver for each stream",
  },
  receiver_unknown: {
    kind: "bug",
    message: "no receiver is registered for the stream",
    help: "report this with the stack",
  },
  receivers_started: {
    kind: "usage",
    message: "the receivers have been started or stopped already",
    help: "register them before start",
  },
  receiver_not_running: {
    kind: "closed",
    message: "the receiver is not running and takes no data",
    help: "store between onStart and the end of onStop; watch this.signal",
  },
  receiver_stopping: {
    kind: "closed",
    message: "the receiver is being stopped and takes nothing that would have to wait",
    help: "end the loop that stores; what was not taken can be sent again after the next start",
  },
  receiver_superseded: {
    kind: "closed",
    message: "the block belongs to an earlier start of the receiver",
    help: "send it again from the next start",
  },
  receiver_overrun: {
    kind: "usage",
    message: "too many stores wait at once",
    help: "await what store returns before the next record",
  },
  receiver_not_stopped: {
    kind: "unavailable",
    message: "a receiver did not stop in time",
    help: "let onStop close what the receiver has open, and return soon",
  },
  position_invalid: {
    kind: "usage",
    message: "a source range does not fit its records",
    help: "from and until are whole numbers with until - from records between them",
  },
  position_gap: {
    kind: "data",
    message: "source positions are missing before this block",
    help: "send again from the expected position",
  },
  block_store_timeout: {
    kind: "unavailable",
    message: "a block of received records was not stored in time",
    help: "look at the disk; the receiver may send the records again",
  },
  block_not_stored: {
    kind: "unavailable",
    message: "a block of received records could not be stored and is dropped",
    help: "use storeMany, which tells the source what was stored",
  },
  utf8_invalid: {
    kind: "data",
    message: "lines are not valid UTF-8 and are dropped",
    help: "send UTF-8, or set a decoder for what is sent",
  },
  line_too_long: {
    kind: "data",
    message: "lines are too long and are dropped",
    help: "send shorter lines, or raise lineBytesMax",
  },
  block_length_invalid: {
    kind: "data",
    message: "the length before a block cannot be true, and the blocks after it cannot be found",
    help: "send 4 bytes of length, big endian, before each block, or raise blockBytesMax",
  },
  block_incomplete: {
    kind: "data",
    message: "the connection ended within a block, which is dropped",
    help: "send blocks to their end before you close the connection",
  },
  chunk_unsupported: {
    kind: "usage",
    message: "a chunk is neither bytes nor text",
    help: "use fromIterable for a stream of objects",
  },
  source_failed: {
    kind: "unavailable",
    message: "a source failed and cannot be opened again, so its records end here",
    help: "pass a function that opens it, or use fromResumable",
  },
  source_not_reopenable: {
    kind: "usage",
    message: "a source cannot be opened again after a restart, so its records end here",
    help: "pass a function that opens it, or use fromResumable",
  },
  input_changed: {
    kind: "data",
    message: "an input file changed or vanished before it was read",
    help: "write a file elsewhere and move it in when it is complete; leave it as it is until it was processed",
  },
  input_not_resumable: {
    kind: "usage",
    message: "an input cannot go on after a restart, so what it gave would be lost",
    help: "use a source that can be read again (fromResumable, files, a function that opens it), or name the input in allowNotResumable",
  },
  manifest_invalid: {
    kind: "data",
    message: "the manifest of a saved dataset cannot be read",
    help: "restore the file, or remove it to read the directory like any other",
  },
  manifest_mismatch: {
    kind: "data",
    message: "a file of a saved dataset is not the one that its manifest names",
    help: "restore the file, or remove the manifest to read what is there",
  },
  input_missing: {
    kind: "usage",
    message: "there is no such input file",
    help: "name a file, a directory, or a pattern that matches some",
  },
  input_unreadable: {
    kind: "unavailable",
    message: "an input file or directory cannot be read",
    help: "look at its permissions and at the file system",
  },
  text_invalid: {
    kind: "data",
    message: "a text file holds lines that cannot be taken",
    help: "see the cause; read a file of another format with a parser of your own",
  },
  record_length_wrong: {
    kind: "data",
    message: "the last record of a file is shorter than the others",
    help: "name the length that the records of the file really have",
  },
  // state
  state_version_newer: {
    kind: "data",
    message: "a state was stored by a later version of its program",
    help: "start the program that wrote it, or one whose state has at least that version",
  },
  state_version_older: {
    kind: "usage",
    message: "a state was stored in an older form, and nothing tells how to migrate it",
    help: "give the operator a `migrate` function from the stored version",
  },
  state_backend_failed: {
    kind: "unavailable",
    message: "the LevelDB database of a state failed",
    help: "look at the cause, at the disk and its space; the state comes back from its snapshots",
  },
  state_directory_in_use: {
    kind: "unavailable",
    message: "another program, or another state, has this directory open",
    help: "give each program a directory of its own, or end the other one",
  },
  state_directory_missing: {
    kind: "usage",
    message: "a state in LevelDB needs a directory, and the context has none",
    help: "set stateDirectory in the options of the context",
  },
  state_codec_failed: {
    kind: "user",
    message: "the codec of a state failed",
    help: "see the cause; it is called with the value, or with the bytes that it made of one",
  },
  state_migration_failed: {
    kind: "user",
    message: "the migrate function of a state failed",
    help: "see the cause; it is given the stored value, its version and its key",
  },
  // core: datasets
  storage_level_fixed: {
    kind: "usage",
    message: "the dataset has another storage level already",
    help: "unpersist it first",
  },
  user_function_failed: {
    kind: "user",
    message: "a function of the program threw",
    help: "look at the cause; the batch is retried or given up as onFailure says",
  },
  promise_returned: {
    kind: "user",
    message: "a function that must return a value returned a promise",
    help: "use mapAsync for functions that wait, or foreachPartition for output that waits",
  },
  pair_expected: {
    kind: "user",
    message: "an operator on pairs met a record that is no [key, value]",
    help: "map the records to [key, value] before it",
  },
  job_cancelled: {
    kind: "closed",
    message: "the job was cancelled",
    help: "start the context again to go on",
  },
  shuffle_output_missing: {
    kind: "unavailable",
    message: "what a shuffle needs is no longer there",
    help: "the job is retried, which computes it again",
  },
  dataset_empty: {
    kind: "usage",
    message: "the dataset has no records",
    help: "ask isEmpty() first, or use take(1), or fold() with a zero",
  },
  partitions_differ: {
    kind: "usage",
    message: "the datasets have different numbers of partitions or records",
    help: "repartition one like the other, or use join()",
  },
  storage_level_unknown: {
    kind: "usage",
    message: "there is no such storage level",
    help: "use one of the names of StorageLevels",
  },
  // core: streams
  graph_fixed: {
    kind: "usage",
    message: "the stream graph cannot be changed once the context was started or stopped",
    help: "declare every stream and operation before start()",
  },
  contexts_differ: {
    kind: "usage",
    message: "streams of different contexts cannot be combined",
    help: "make all of them with one StreamingContext",
  },
  slides_differ: {
    kind: "usage",
    message: "streams with different slides cannot be combined",
    help: "give both the same slide by window()",
  },
  streams_missing: {
    kind: "usage",
    message: "there is no stream to combine",
    help: "pass at least one stream",
  },
  uid_fixed: {
    kind: "usage",
    message: "the operator has a uid already",
    help: "call uid() once, right after the operator",
  },
  uid_taken: {
    kind: "usage",
    message: "another operator has this uid",
    help: "give each operator a uid of its own",
  },
  context_not_started: {
    kind: "usage",
    message: "the context has not been started",
    help: "call it after start()",
  },
  output_missing: {
    kind: "usage",
    message: "there is no output operation, so nothing would be computed",
    help: "add print(), foreachRDD() or another output before start()",
  },
  remember_fixed: {
    kind: "usage",
    message: "the remember duration is set already",
    help: "call remember() once",
  },
  dataset_expected: {
    kind: "user",
    message: "the function of a transform returned no dataset",
    help: "return an RDD",
  },
  dataset_missing: {
    kind: "user",
    message: "a stream has no dataset at this time",
    help: "give the operator streams that have one at each of its times",
  },
  window_off_grid: {
    kind: "usage",
    message: "window and slide must be multiples of the slide of the stream",
    help: "choose a multiple",
  },
  window_shorter_than_slide: {
    kind: "usage",
    message: "a window with an inverse function must not be shorter than its slide",
    help: "use the form without an inverse function",
  },
  window_inconsistent: {
    kind: "user",
    message: "a key leaves a window that it is not in",
    help: "make sure that inverse(f(x, y), x) is y and that the functions change nothing in place",
  },
  input_reported_twice: {
    kind: "usage",
    message: "an input reported a batch twice",
    help: "report each batch once, in compute()",
  },
  slice_invalid: {
    kind: "usage",
    message: "there are no datasets for these times",
    help: "ask for times after the start, within what is remembered, the first not after the last",
  },
  state_absent: {
    kind: "user",
    message: "the key has no state",
    help: "ask exists(), or use getOption()",
  },
  state_removed: {
    kind: "user",
    message: "the state of the key was removed in this call",
    help: "update it or remove it, once",
  },
  state_timing_out: {
    kind: "user",
    message: "the key is timing out and its state goes after this call",
    help: "ask isTimingOut() before you change the state",
  },
  duration_invalid: {
    kind: "usage",
    message: "a duration must be a positive whole number of milliseconds",
    help: "make it with milliseconds(), seconds() or minutes()",
  },
  // executor
  block_unreadable: {
    kind: "unavailable",
    message: "a block of records can be read no more",
    help: "look at the disk of temporary files; a dataset is computed again when its job is retried",
  },
  block_unwritable: {
    kind: "unavailable",
    message: "a block of records could not be written to the disk",
    help: "look at the space and the permissions of the folder for temporary files",
  },
  block_store_closed: {
    kind: "closed",
    message: "the block store was closed",
    help: "make a new DataContext",
  },
  broadcast_destroyed: {
    kind: "usage",
    message: "the broadcast value was destroyed",
    help: "destroy it after its last use",
  },
  // scheduler and context
  batch_failed: {
    kind: "user",
    message: "a batch failed for good",
    help: "look at the cause; onFailure says what follows",
  },
  dead_letter_failed: {
    kind: "user",
    message: "the dead-letter function failed, so the batch has nowhere to go",
    help: "mend the function; the context was stopped so that nothing is lost silently",
  },
  context_stopped: {
    kind: "closed",
    message: "the context was stopped",
    help: "make a new StreamingContext",
  },
  context_active: {
    kind: "usage",
    message: "another context is active in this process",
    help: "stop it first",
  },
  master_unknown: {
    kind: "usage",
    message: "there is no such master",
    help: 'use "local", which runs everything in this process',
  },
  stop_timed_out: {
    kind: "unavailable",
    message: "the batches did not end in time",
    help: "give gracefulStopTimeout more, or find what hangs; the rest was cancelled",
  },
  data_context_closed: {
    kind: "closed",
    message: "the data context was closed",
    help: "make a new DataContext",
  },
  // checkpoint
  checkpoint_stateless: {
    kind: "usage",
    message: "a stream without a state has nothing to be snapshotted",
    help: "call checkpoint() on what updateStateByKey, mapWithState or an incremental window gave; nothing else needs it",
  },
  checkpoint_off_grid: {
    kind: "usage",
    message: "a checkpoint interval is not a multiple of the slide of its stream",
    help: "give a multiple of slideMs; five to ten times is a good begin",
  },
  checkpoint_damaged: {
    kind: "data",
    message: "a checkpoint is not what was written",
    help: "put the file back from a copy; `millrace inspect <directory>` tells what is there",
  },
  snapshot_damaged: {
    kind: "data",
    message: "a state snapshot is not what was written",
    help: "put the file back from a copy; `millrace inspect <directory>` tells what is there",
  },
  // recovery
  epoch_superseded: {
    kind: "closed",
    message: "another driver has taken over this directory",
    help: "nothing was acknowledged or committed since; leave the work to that driver, or stop it and start this program again",
  },
  driver_alive: {
    kind: "unavailable",
    message: "another driver runs on this directory",
    help: "stop that process, or give `takeOver: true` if it hangs and shall be pushed aside",
  },
  lock_unusable: {
    kind: "unavailable",
    message: "the lock of the directory cannot be taken, though nobody seems to hold it",
    help: "look at the cause; the folder `lock` holds no data and may be removed while no driver runs",
  },
  directory_foreign: {
    kind: "usage",
    message: "the checkpoint directory holds things that are not of Millrace",
    help: "name an empty or a new directory",
  },
  checkpoint_exists: {
    kind: "usage",
    message:
      "an application left its state in this directory, and a new context would pass it over",
    help: "start with StreamingContext.getOrCreate, which goes on with it, or name another directory",
  },
  checkpoint_missing: {
    kind: "data",
    message: "the journal tells of data, but there is no checkpoint",
    help: "restore the files of the folder checkpoints; nothing was changed",
  },
  journal_gap: {
    kind: "data",
    message: "a part of the journal is missing",
    help: "restore the files of the folders journal and journal-mirror; nothing was changed",
  },
  journal_damaged: {
    kind: "data",
    message: "the journal is damaged in both of its copies",
    help: "restore the file that is named from a backup; nothing was changed",
  },
  application_differs: {
    kind: "usage",
    message: "the directory belongs to another application",
    help: "name another directory, or give the appName under which it was written",
  },
  upgrade_refused: {
    kind: "usage",
    message: "this program does not fit the state that an earlier one left",
    help: "do what the reasons say for each operator, or allow by name what is to be dropped",
  },
  interval_changed: {
    kind: "usage",
    message: "the batch interval was changed while batches of the old one are not done",
    help: "start once with the old interval and stop gracefully, then change it",
  },
  partitions_changed: {
    kind: "usage",
    message: "numbers of partitions were changed while batches of the old ones are not done",
    help: "start once with the old numbers and stop gracefully, then change them",
  },
  journal_event_unknown: {
    kind: "data",
    message: "the journal tells of something that this release does not know",
    help: "start the release that wrote it, or a later one",
  },
  // sinks
  output_not_directory: {
    kind: "usage",
    message: "the place for the files of a dataset is no directory",
    help: "name a directory, or remove the file that is in its place",
  },
  output_taken: {
    kind: "usage",
    message: "a directory for the files of a dataset holds something else already",
    help: "save each dataset, and each batch, into a directory of its own; remove the old one if it is not needed",
  },
  output_incomplete: {
    kind: "unavailable",
    message: "files of a dataset that were written are gone",
    help: "find out who removes them, or writes to the same directory",
  },
  file_not_written: {
    kind: "unavailable",
    message: "a file could not be written",
    help: "look at the space and the permissions of the directory",
  },
  file_chunk_invalid: {
    kind: "user",
    message: "a file writer gave something that is neither text nor bytes",
    help: "give strings or Uint8Arrays",
  },
  sink_fenced: {
    kind: "closed",
    message: "a later driver of the application writes to the sink, so this one may not",
    help: "end this process; the later one goes on with its batches",
  },
  sink_partitions_differ: {
    kind: "data",
    message: "an output of a batch was begun with another number of partitions",
    help: "run the batch with the partitions that it was allocated; with others its records would be written twice",
  },
  sink_batch_forgotten: {
    kind: "data",
    message: "a batch is older than what the sink still remembers",
    help: "find out why a batch runs again that was done; nobody can tell whether it was written",
  },
  sink_contended: {
    kind: "unavailable",
    message: "the transactions of a sink did not succeed, as others were in their way",
    help: "find out who else writes to the same rows, or keeps the database locked",
  },
  sink_unreachable: {
    kind: "unavailable",
    message: "the database of a sink gives no connection",
    help: "see the cause; the output is tried again as often as attempts says",
  },
  sink_not_committed: {
    kind: "user",
    message: "the database rolled a transaction back, though the function that writes ended well",
    help: "await every statement in the function, and let its error through; end the transaction nowhere in it",
  },
  pipe_failed: {
    kind: "user",
    message: "a program that records are piped through failed",
    help: "run it by hand with the same input; it has to end with exit code 0",
  },
} as const;

errorCodes satisfies Record<string, ErrorEntry>;
>>>>>>> efc28a6 (Let a program go on under another batch interval)

export type ErrorCode = keyof typeof errorCodes;
