/**
 * Owns: what checkpoint and state snapshot files have in common: how their header tells format and version, and what is
 * said of a file that is not what it should be.
 * Does not own: their contents.
 */
import { type ErrorCode, StreamError } from "../base/index.ts";
import type { ContainerHeader } from "../codec/index.ts";

/** The name under which the metadata of a container tell `<format>/<version>`. */
export const formatMetadataName = "millrace.format";

/** Checks that a file is of a format and of a version that is known. Throws `format_newer`; `refuse` says what to throw for another format. */
export function assertFormat(
  header: ContainerHeader,
  format: string,
  options: { version: number; file: string; refuse: (reason: string) => StreamError },
): void {
  const { version, file, refuse } = options;
  const found = metadataOf(header, formatMetadataName);
  const [name, number] = found?.split("/") ?? [];
  if (name !== format || number === undefined || !/^[1-9]\d{0,8}$/.test(number)) {
    throw refuse(`it is no ${format} but ${found ?? "some other avro file"}`);
  }
  if (Number(number) > version) {
    throw new StreamError("format_newer", { file, format: found, newest: `${format}/${version}` });
  }
}

/** A text of the metadata. */
export function metadataOf({ metadata }: ContainerHeader, name: string): string | undefined {
  const bytes = metadata.get(name);
  return bytes && new TextDecoder().decode(bytes);
}

/**
 * What reading a file has thrown, as an error that names the file: what the container found wrong becomes `code`, with
 * its offset and reason; everything else stays as it is.
 */
export function namingFile(thrown: unknown, code: ErrorCode, file: string): unknown {
  if (!(thrown instanceof StreamError)) return thrown;
  switch (thrown.code) {
    case "container_damaged": {
      const { offset, reason } = thrown.details;
      return new StreamError(code, { file, offset, reason }, { cause: thrown });
    }
    case "container_compression_unknown":
      return new StreamError(code, { file, offset: 4, reason: "it is compressed" });
    case "store_missing":
      return new StreamError(code, { file, reason: "it is gone" }, { cause: thrown });
    default:
      return thrown;
  }
}
