/**
 * Owns: the receiver log of one writer in one epoch: the driver's, or that of an executor, each under its own name.
 * Does not own: which of its frames count: those that the journal vouches for, and no others.
 */
import type { Clock } from "../base/index.ts";
import type { Store } from "../store/index.ts";
import { blockLogNames, type FrameTransform, type LogWriter, openLogWriter } from "../wal/index.ts";
import { blockLogDirectory } from "./layout.ts";

export interface BlockLogOptions {
  readonly medium: { readonly logs: Store; readonly encode?: FrameTransform };
  readonly clock: Clock;
  readonly epoch: number;
  /** `driver`, or the id of an executor. */
  readonly writer: string;
  readonly commitDelayMs: number;
  readonly failed: (error: unknown) => void;
}

const segmentBytesMax = 2 ** 26;
const segmentAgeMaxMs = 60_000;

/** Makes the writer; its first segment is begun by the first block. */
export function openBlockLog(options: BlockLogOptions): LogWriter {
  const { clock, commitDelayMs, epoch, failed, medium, writer } = options;
  const { encode, logs: store } = medium;
  const names = blockLogNames(writer);
  return openLogWriter({
    store,
    clock,
    epoch,
    commitDelayMs,
    encode,
    failed,
    kind: "blocks",
    directory: blockLogDirectory,
    segmentName: (segment) => names.nameOf({ segment, epoch }),
    firstSegment: 0,
    firstSequence: 0,
    segmentBytesMax,
    segmentAgeMaxMs,
  });
}
