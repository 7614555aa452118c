/** Owns: the error codes of receivers and sources. */
import type { ErrorEntry } from "./error-entry.ts";

export const receiverErrors = {
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
  receivers_too_many: {
    kind: "usage",
    message: "the executors have no room for all receivers",
    help: "start more executors, as by local[n], or let fewer receivers read more; an executor hosts a few beside its tasks",
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
    help: "pass a function that opens it, or use resumableStream",
  },
  source_not_reopenable: {
    kind: "usage",
    message: "a source cannot be opened again after a restart, so its records end here",
    help: "pass a function that opens it, or use resumableStream",
  },
  input_changed: {
    kind: "data",
    message: "an input file changed or vanished before it was read",
    help: "write a file elsewhere and move it in when it is complete; leave it as it is until it was processed",
  },
  input_not_resumable: {
    kind: "usage",
    message: "an input cannot go on after a restart, so what it gave would be lost",
    help: "use a source that can be read again (resumableStream, files, a function that opens it), or name the input in allowNotResumable",
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
  records_expected: {
    kind: "user",
    message: "the parser of a file stream returned no records",
    help: "return an array of records, or something else that can be iterated; split a text into its records",
  },
  decoder_failed: {
    kind: "user",
    message: "the decoder of a source threw",
    help: "look at the cause and at what the source sends; report what makes no record instead of throwing",
  },
} as const;

receiverErrors satisfies Record<string, ErrorEntry>;
