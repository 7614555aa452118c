/** Owns: compressing and encrypting the payloads of logs, one by one, where the store of a log does that to its objects. */
import { StreamError } from "../base/index.ts";
import { chunkBytesDefault } from "./envelope-format.ts";
import { EnvelopeOpener } from "./envelope-opener.ts";
import { EnvelopeSealer } from "./envelope-sealer.ts";
import { packSync, unpackSync } from "./packing.ts";
import type { Store } from "./store.ts";
import { TransformedStore } from "./transformed-store.ts";

/** What a log does with its payloads, and the store that its segments go to as they are. */
export interface LogTransform {
  readonly store: Store;
  /**
   * The bytes to store. With encryption a payload decodes at the `place` only that it was encoded for, such as log, epoch
   * and sequence number: without one, who can write to the medium can put payloads in each other's places.
   */
  readonly encode: (payload: Uint8Array, place?: string) => Uint8Array;
  /** Throws `envelope_damaged` and the other errors of a store that compresses and encrypts. */
  readonly decode: (stored: Uint8Array, place?: string) => Uint8Array;
}

/** The transform for the logs in a store; of one that transforms nothing the one that does nothing. */
export function logTransform(store: Store): LogTransform {
  if (!(store instanceof TransformedStore)) {
    return { store, encode: (payload) => payload, decode: (stored) => stored };
  }
  const inner = logTransform(store.inner);
  return {
    store: inner.store,
    encode: (payload, place = "") => inner.encode(sealPayload(store, payload, place), place),
    decode: (stored, place = "") => openPayload(store, inner.decode(stored, place), place),
  };
}

function sealPayload(
  { transform }: TransformedStore,
  payload: Uint8Array,
  name: string,
): Uint8Array {
  const { compress, keys, drawBytes } = transform;
  const chunkBytes = chunkBytesDefault;
  const sealer = new EnvelopeSealer({ kind: "payload", name, chunkBytes, keys, drawBytes });
  const chunks = [sealer.header];
  for (let at = 0; chunks.length === 1 || at < payload.length; at += chunkBytes) {
    const piece = payload.subarray(at, at + chunkBytes);
    const place = at + chunkBytes >= payload.length ? "last" : "middle";
    chunks.push(sealer.seal(packSync(piece, compress), place));
  }
  return Buffer.concat(chunks);
}

function openPayload(store: TransformedStore, stored: Uint8Array, place: string): Uint8Array {
  const open = (name: string) => {
    const { keys } = store.transform;
    return new EnvelopeOpener(stored, { kind: "payload", store: store.address, name, keys });
  };
  const opener = open(place);
  if (opener.isPlaced || place === "") return contentOf(opener);
  try {
    return contentOf(opener);
  } catch (error) {
    // Logs of before were written without places.
    if (!(error instanceof StreamError) || error.code !== "envelope_damaged") throw error;
    return contentOf(open(""));
  }
}

function contentOf(opener: EnvelopeOpener): Uint8Array {
  const pieces: Uint8Array[] = [];
  for (const chunk of opener.chunks()) {
    try {
      pieces.push(unpackSync(chunk, opener.chunkBytes));
    } catch (error) {
      throw opener.unpackFailure(error);
    }
  }
  return Buffer.concat(pieces);
}
