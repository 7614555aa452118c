/** Owns: the names of logs and epochs, as the driver gives them. */
import { blockLogDirectory, epochName, journalDirectories } from "../../../src/recovery/layout.ts";
import { blockLogNames, journalNames } from "../../../src/wal/index.ts";

export { epochName };

export const journalName = (segment: number): string =>
  `${journalDirectories.primary}/${journalNames.nameOf({ segment, epoch: 1 })}`;

export const mirrorName = (segment: number): string =>
  `${journalDirectories.mirror}/${journalNames.nameOf({ segment, epoch: 1 })}`;

export const blockName = (segment: number, epoch: number, writer = "driver"): string =>
  `${blockLogDirectory}/${blockLogNames(writer).nameOf({ epoch, segment })}`;
