/**
 * Owns: taking the next name of a log away from a driver that may still live, on media that make objects only.
 */
import { Buffer } from "node:buffer";
import type { Creation, Store } from "../store/index.ts";
import type { SegmentHeader } from "./log-format.ts";
import { SegmentEncoder } from "./segment-encoder.ts";

/**
 * Makes a sealed segment without frames. `created`: whoever would have written under this name finds it taken, and ends.
 * `taken`: there is a segment of its own by now, which has to be read. Rejects as the store does.
 */
export async function fenceLog(
  store: Pick<Store, "create">,
  file: string,
  header: SegmentHeader,
): Promise<Creation> {
  const encoder = new SegmentEncoder(header);
  return store.create(file, Buffer.concat([encoder.headerBytes, encoder.footer()]));
}
