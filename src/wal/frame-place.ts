/**
 * Owns: what the place of a frame is called, for a transform that binds payloads to their places.
 *
 * The two copies of a journal are the same byte for byte, and a copy that was repaired as well; so a place is that in the
 * log, whatever file has it.
 */
import type { LogKind } from "./log-format.ts";

/** Makes of a payload what is stored at a place, or the other way round. */
export type FrameTransform = (bytes: Uint8Array, place: string) => Uint8Array | Promise<Uint8Array>;

/** The journal is one log through all epochs; of the receiver log each writer of an epoch has one. */
export function framePlace(
  kind: LogKind,
  file: string,
  { epoch, sequence }: { readonly epoch: number; readonly sequence: number },
): string {
  const log = kind === "journal" ? "journal" : file.replace(/-\d+$/, "");
  return `${log} ${epoch} ${sequence}`;
}
