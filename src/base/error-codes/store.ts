/** Owns: the error codes of stores. */
import type { ErrorEntry } from "./error-entry.ts";

export const storeErrors = {
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
  store_option_missing: {
    kind: "usage",
    message: "what is in the store is compressed or encrypted, and it was opened without",
    help: 'give the option `store` as it was written: `compress: "deflate"`, or `encrypt` with its keys',
  },
  envelope_missing: {
    kind: "data",
    message: "an object is not what a store with compression or encryption writes",
    help: "open the store without them, as it was written, or begin a new one; or find out who wrote it",
  },
  envelope_version_unknown: {
    kind: "data",
    message: "an object was compressed or encrypted by a newer release",
    help: "read it with the release that wrote it, or a later one",
  },
  envelope_damaged: {
    kind: "data",
    message: "a compressed or encrypted object is not what its writer wrote under this name",
    help: "restore it, or find out who cut, changed or moved it",
  },
  envelope_unencrypted: {
    kind: "data",
    message: "an object is not encrypted, in a store that is",
    help: "set readUnencrypted if it is older than the encryption, else find out who put it there",
  },
  encryption_key_invalid: {
    kind: "usage",
    message: "a key for encryption is not valid",
    help: "give keyId the id of one of the keys, and each key 32 bytes",
  },
  encryption_key_missing: {
    kind: "usage",
    message: "the key that an object was encrypted with is not given",
    help: "add the key of this id to the keys; keep old keys as long as something is encrypted with them",
  },
  encryption_key_wrong: {
    kind: "usage",
    message: "an object was encrypted with another key of this id",
    help: "give the id its old key, and new keys new ids",
  },
} as const;

storeErrors satisfies Record<string, ErrorEntry>;
