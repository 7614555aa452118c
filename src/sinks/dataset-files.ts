/** Owns: the files and programs of this machine, as datasets reach them. */
import type { DatasetFiles } from "../core/index.ts";
import { objectWriter } from "./object-writer.ts";
import { abandonOutput, beginOutput, publishOutput } from "./output-directory.ts";
import { writePartFile } from "./part-file.ts";
import { pipeThrough } from "./piped-program.ts";

/** The local file system, by plain paths and `file:` addresses, and the programs of this machine. */
export const datasetFiles: DatasetFiles = {
  objectWriter,
  beginSave: beginOutput,
  writePart: ({ unfinishedDirectory }, name, chunks) =>
    writePartFile(unfinishedDirectory, name, chunks),
  publish: publishOutput,
  abandon: abandonOutput,
  pipe: pipeThrough,
};
