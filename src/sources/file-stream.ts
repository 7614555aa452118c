/**
 * Owns: streams of the files that appear in a directory: each batch has the files that were modified since the last
 * ones, and reads them when it is computed, one partition per file.
 * Does not own: looking for files (file-listing.ts), choosing them (file-selection.ts), their format
 * (file-format.ts).
 * Invariants: I1 a dataset reads its files as they were when they were chosen, or fails with `input_changed`; also when
 * another life of the driver chose them. I2 trouble with a directory is reported and costs no batch: its files are chosen
 * when they can be seen.
 */
import { basename, resolve } from "node:path";
import { invariant, localPath, optionalFunction, StreamError } from "../base/index.ts";
import {
  type AnyFunction,
  type Duration,
  duration,
  InputDStream,
  type InputHost,
  type PartitionReader,
  type RDD,
  seconds,
} from "../core/index.ts";
import { fileDataset } from "./file-dataset.ts";
import {
  type FileFormat,
  type FileParser,
  fixedLength,
  parsedBy,
  textLines,
} from "./file-format.ts";
import { type Listing, listDirectory } from "./file-listing.ts";
import {
  FileSelection,
  type FileSelectionState,
  rememberWindowMs,
  type SeenFiles,
} from "./file-selection.ts";
import { type FilePin, InputFile } from "./input-file.ts";
import type { LineOptions } from "./line-decoder.ts";

/** Which files a stream takes. */
export interface DirectoryOptions {
  /** Whether a file is input, by its absolute path (default: if its name does not begin with a dot). */
  readonly filter?: ((path: string) => boolean) | undefined;
  /** Whether files that are older than the stream are ignored (default true). */
  readonly newFilesOnly?: boolean | undefined;
  /** How long chosen files are remembered at least, and how old a file may be to be chosen (default 60 s). */
  readonly minRemember?: Duration | undefined;
  /** What counts as the birth of the stream, in ms since the epoch (default: the start of the context). */
  readonly bornMs?: number | undefined;
}

export interface FileStreamOptions<T> extends DirectoryOptions {
  /** Makes the records of a file, in whatever format it is. */
  readonly parser: FileParser<T>;
}

export interface TextFileStreamOptions extends DirectoryOptions, LineOptions {}

/** The records that a parser makes of each new file. Throws `argument_invalid`, `duration_invalid`. */
export function fileStream<T>(directory: string, options: FileStreamOptions<T>): InputDStream<T> {
  return new FileInput(directory, parsedBy(options.parser), ["parsed"], options, [options.parser]);
}

/** The lines of each new text file, in UTF-8; what is no text is reported. Throws `argument_invalid`, `duration_invalid`. */
export function textFileStream(
  directory: string,
  options: TextFileStreamOptions = {},
): InputDStream<string> {
  return new FileInput(directory, textLines(options), ["lines"], options);
}

/** The records of `recordLength` bytes of each new file. Throws `argument_invalid`, `duration_invalid`. */
export function binaryRecordsStream(
  directory: string,
  recordLength: number,
  options: DirectoryOptions = {},
): InputDStream<Uint8Array> {
  return new FileInput(directory, fixedLength(recordLength), ["records", recordLength], options);
}

/** What a batch is made of. */
interface ChosenFiles {
  readonly files: readonly FilePin[];
}

class FileInput<T> extends InputDStream<T, ChosenFiles> {
  readonly kind = "file";
  override readonly parameters: readonly unknown[];
  override readonly functions: readonly AnyFunction[];
  readonly #path: string;
  readonly #format: FileFormat<T>;
  readonly #options: DirectoryOptions;
  readonly #minRememberMs: number;
  #restored: FileSelectionState | undefined;
  #running: { readonly host: InputHost; readonly selection: FileSelection } | undefined;
  /** Whether it was told already that there is no directory. */
  #isMissing = false;

  constructor(
    directory: string,
    format: FileFormat<T>,
    parameters: readonly unknown[],
    options: DirectoryOptions,
    functions: readonly AnyFunction[] = [],
  ) {
    super();
    this.functions = functions;
    this.parameters = [directory, ...parameters];
    this.#path = resolve(localPath(directory));
    this.#format = format;
    this.#options = options;
    optionalFunction("filter", options.filter);
    this.#minRememberMs = duration(options.minRemember ?? seconds(60), "minRemember");
  }

  override start(host: InputHost): void {
    const { bornMs = host.clock.now(), newFilesOnly = true } = this.#options;
    const rememberMs = rememberWindowMs(host.batchIntervalMs, this.#minRememberMs);
    const sinceMs = newFilesOnly ? bornMs : 0;
    const selection = new FileSelection(sinceMs, rememberMs, this.#restored);
    this.#running = { host, selection };
  }

  override async allocate(timeMs: number): Promise<ChosenFiles> {
    const { host, selection } = this.#started();
    selection.forgetOld(timeMs);
    return { files: selection.choose(timeMs, await this.#look(host, selection)) };
  }

  override compute(timeMs: number, { files }: ChosenFiles): RDD<T> {
    const { host } = this.#started();
    const paths = files.map(({ path }) => path);
    host.reportInput(timeMs, 0, { files: paths, Description: paths.join("\n") });
    return this.#dataset(host, files);
  }

  override adopt(timeMs: number, { files }: ChosenFiles): void {
    this.#started().selection.adopt(timeMs, files);
  }

  override snapshot(untilMs: number): FileSelectionState {
    return this.#started().selection.snapshot(untilMs);
  }

  override restore(state: unknown): void {
    this.#restored = state as FileSelectionState;
  }

  #started(): { readonly host: InputHost; readonly selection: FileSelection } {
    invariant(this.#running !== undefined, "a file stream is started before its first batch");
    return this.#running;
  }

  async #look(host: InputHost, selection: FileSelection): Promise<SeenFiles> {
    const { clock, batchIntervalMs } = host;
    const startMs = clock.monotonicNow();
    const listing = await listDirectory(
      this.#path,
      (path) => !selection.isChosen(path) && this.#isInput(path),
    );
    this.#report(host, listing);
    const tookMs = clock.monotonicNow() - startMs;
    if (tookMs > batchIntervalMs) {
      host.reportError(
        `listing the files of ${this.#path} takes ${Math.round(tookMs)} ms, longer than a batch: move away files that are done, or make batches longer`,
      );
    }
    const { directories, files, problems } = listing;
    return { files, isComplete: directories.length > 0 && problems.length === 0 };
  }

  #isInput(path: string): boolean {
    const { filter } = this.#options;
    if (filter === undefined) return !basename(path).startsWith(".");
    try {
      return filter(path);
    } catch (error) {
      throw new StreamError("user_function_failed", { function: "filter", path }, { cause: error });
    }
  }

  #report(host: InputHost, { directories, problems }: Listing): void {
    for (const { path, error } of problems) {
      host.reportError(
        `${path} cannot be looked at; what is there is read as soon as it can`,
        new StreamError("input_unreadable", { path }, { cause: error }),
      );
    }
    const isMissing = directories.length === 0 && problems.length === 0;
    if (isMissing && !this.#isMissing) {
      host.reportError(`there is no directory ${this.#path}; its stream is empty until there is`);
    }
    this.#isMissing = isMissing;
  }

  #dataset(host: InputHost, files: readonly FilePin[]): RDD<T> {
    const parts = files.map((pin): PartitionReader<T> => {
      const file = new InputFile(pin);
      const told = new Set<string>();
      const report = (message: string, error?: unknown): void => {
        // A dataset may be computed several times; what is wrong with its files is told once.
        if (told.has(message)) return;
        told.add(message);
        host.reportError(`${pin.path}: ${message}`, error);
      };
      return (flow, push) => this.#format(file, { flow, push, report });
    });
    return fileDataset(host.environment, this.kind, parts);
  }
}
