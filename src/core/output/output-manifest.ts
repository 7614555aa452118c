/**
 * Owns: the format of the manifest of a saved dataset (docs/format/output-directory.md): what it says, as text and back.
 * Does not own: the directory it stands in (src/sinks), those who read it (src/sources).
 */
import { StreamError } from "../../base/index.ts";
import type { BatchOutputIdentity } from "./output-identity.ts";

/** The name of the manifest in its directory; programs that read directories leave such names alone. */
export const manifestName = ".millrace-manifest.json";

/** One file of a saved dataset. */
export interface SavedPart {
  readonly name: string;
  readonly byteCount: number;
  /** Of its bytes, in hexadecimal digits. */
  readonly sha256: string;
}

/** What is in a saved dataset, and whose it is. */
export interface OutputManifest {
  /** Undefined for a dataset that no output operation saved. */
  readonly output: BatchOutputIdentity | undefined;
  readonly parts: readonly SavedPart[];
}

const format = "millrace-output";
const version = 1;

export function encodeManifest({ output, parts }: OutputManifest): string {
  const { applicationId, outputUid, batchTimeMs, epoch } = output ?? {};
  const whose = output && { applicationId, outputUid, batchTimeMs, epoch };
  const files = parts.map(({ name, byteCount, sha256 }) => ({ name, byteCount, sha256 }));
  return `${JSON.stringify({ format, version, output: whose ?? null, parts: files }, undefined, 2)}\n`;
}

/** Throws `manifest_invalid`, naming the file. */
export function decodeManifest(text: string, file: string): OutputManifest {
  const refuse = (reason: string, cause?: unknown): never => {
    throw new StreamError(
      "manifest_invalid",
      { file, reason },
      cause === undefined ? {} : { cause },
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse("it is no JSON", error);
  }
  if (!isObject(value) || value["format"] !== format) return refuse("it is no manifest");
  if (value["version"] !== version) return refuse(`its version is ${String(value["version"])}`);
  const { output, parts } = value;
  if (output !== null && !isOutput(output)) return refuse("it does not say whose it is");
  if (!Array.isArray(parts) || !parts.every(isPart)) return refuse("its parts make no sense");
  return { output: output ?? undefined, parts };
}

/** Whether a manifest is that of an output of a batch, in whatever life it was written. */
export function isOutputOf(
  { output }: OutputManifest,
  identity: BatchOutputIdentity | undefined,
): boolean {
  return (
    output !== undefined &&
    output.applicationId === identity?.applicationId &&
    output.outputUid === identity.outputUid &&
    output.batchTimeMs === identity.batchTimeMs
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isOutput(value: unknown): value is BatchOutputIdentity {
  return (
    isObject(value) &&
    typeof value["applicationId"] === "string" &&
    typeof value["outputUid"] === "string" &&
    Number.isSafeInteger(value["batchTimeMs"]) &&
    Number.isSafeInteger(value["epoch"])
  );
}

function isPart(value: unknown): value is SavedPart {
  if (!isObject(value)) return false;
  const { name, byteCount, sha256 } = value;
  return (
    typeof name === "string" &&
    // It is joined to the path of the directory, which it must not lead out of.
    /^[^./\\][^/\\]*$/.test(name) &&
    Number.isSafeInteger(byteCount) &&
    Number(byteCount) >= 0 &&
    typeof sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}
