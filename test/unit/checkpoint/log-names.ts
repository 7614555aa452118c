/** Owns: the names of logs and epochs, as the driver gives them. */
import {
  blockLogDirectory,
  blockSegmentName,
  epochName,
  journalDirectories,
  journalSegmentName,
} from "../../../src/recovery/layout.ts";

export { epochName };

export const journalName = (segment: number): string =>
  `${journalDirectories.primary}/${journalSegmentName(segment)}`;

export const mirrorName = (segment: number): string =>
  `${journalDirectories.mirror}/${journalSegmentName(segment)}`;

export const blockName = (segment: number, epoch: number, writer = "driver"): string =>
  `${blockLogDirectory}/${blockSegmentName(epoch, writer, segment)}`;
