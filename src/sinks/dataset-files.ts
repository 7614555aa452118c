/** Owns: the files and programs of this machine, as datasets reach them. */
import { localPath } from "../base/index.ts";
import type { DatasetFiles } from "../core/index.ts";
import { objectWriter } from "./object-writer.ts";
import { finishOutputDirectory, openOutputDirectory } from "./output-directory.ts";
import { writePartFile } from "./part-file.ts";
import { pipeThrough } from "./piped-program.ts";

/** The local file system, by plain paths and `file:` addresses, and the programs of this machine. */
export const datasetFiles: DatasetFiles = {
  objectWriter,
  openDirectory: async (directory) => openOutputDirectory(localPath(directory)),
  writePart: async (directory, name, chunks) => writePartFile(localPath(directory), name, chunks),
  finishDirectory: async (directory, names) => finishOutputDirectory(localPath(directory), names),
  pipe: pipeThrough,
};
