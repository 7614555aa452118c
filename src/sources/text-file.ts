/**
 * Owns: the lines of text files as a dataset, in a partition for each file or, for large files, for each range.
 * Does not own: ranges (file-range.ts), lines (line-decoder.ts), files that appear over time (file-stream.ts).
 */
import { resolve } from "node:path";
import { localPath, StreamError } from "../base/index.ts";
import type { DatasetEnvironment, PartitionReader, RDD } from "../core/index.ts";
import { positiveCount } from "./arguments.ts";
import { fileDataset } from "./file-dataset.ts";
import { lineBytesMaxOfFiles, pushText, withoutMark } from "./file-format.ts";
import { findFiles } from "./file-listing.ts";
import { linesOfRange, rangesOf } from "./file-range.ts";
import { InputFile } from "./input-file.ts";
import { lineDecoder } from "./line-decoder.ts";

const rangeBytesMax = 2 ** 25;

/**
 * The lines of a text file in UTF-8, of the files of a directory, or of all that a pattern matches; about
 * `minPartitions` partitions, or more where files are many or large. The files are looked at now and read when the dataset
 * is computed. Throws `input_missing`, `input_unreadable` or `argument_invalid`; a job over it, `input_changed` when a file
 * is no longer what it was, and `text_invalid` for lines that are no UTF-8 text or longer than 16 MiB.
 */
export async function textFile(
  environment: DatasetEnvironment,
  path: string,
  minPartitions: number = Math.min(environment.defaultParallelism, 2),
): Promise<RDD<string>> {
  positiveCount("minPartitions", minPartitions);
  const files = await findFiles(resolve(localPath(path)));
  const byteCount = files.reduce((sum, file) => sum + file.byteCount, 0);
  const rangeBytes = Math.max(1, Math.min(rangeBytesMax, Math.ceil(byteCount / minPartitions)));
  const readers = files.flatMap((pin) => {
    const file = new InputFile(pin);
    return rangesOf(file.byteCount, rangeBytes).map((range): PartitionReader<string> => {
      return (flow, push) => {
        const chunks = linesOfRange(file, range);
        const text = range.from === 0 ? withoutMark(chunks) : chunks;
        return pushText(
          text,
          decoderOf((_, error) => refuse(file, error)),
          { flow, push },
        );
      };
    });
  });
  return fileDataset(environment, "textFile", readers);
}

const decoderOf = lineDecoder({ lineBytesMax: lineBytesMaxOfFiles });

function refuse(file: InputFile, cause: unknown): never {
  throw new StreamError("text_invalid", { file: file.path }, { cause });
}
