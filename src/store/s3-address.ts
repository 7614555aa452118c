/** Owns: reading the address of a place in an S3 bucket, `s3://bucket/prefix`. */
import { StreamError } from "../base/index.ts";

/** A place in a bucket. */
export interface S3Place {
  readonly bucket: string;
  /** What each key begins with: empty, or ending in "/". */
  readonly keyPrefix: string;
}

const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** S3 takes keys of 1,024 bytes, and a name of a store has up to 900. */
const prefixBytesMax = 120;
const controlCharacter = /\p{Cc}/u;

/** Throws `address_invalid`. */
export function readS3Address(address: string): S3Place {
  const [, bucket = "", path = ""] = /^s3:\/\/([^/]*)\/?(.*)$/s.exec(address) ?? [];
  const why = faultOf(bucket, path);
  if (why !== undefined) throw new StreamError("address_invalid", { address, why });
  const parts = path.replace(/\/$/, "");
  return { bucket, keyPrefix: parts === "" ? "" : `${parts}/` };
}

function faultOf(bucket: string, path: string): string | undefined {
  if (!bucketName.test(bucket)) return "it names no bucket: s3://bucket/prefix";
  if (/[?#]/.test(path)) return "settings are options of the store, not part of its address";
  if (controlCharacter.test(path)) return "its prefix has a control character";
  if (path !== "" && path.replace(/\/$/, "").split("/").includes("")) {
    return "its prefix has an empty part";
  }
  if (Buffer.byteLength(path) > prefixBytesMax) {
    return `its prefix has more than ${prefixBytesMax} bytes`;
  }
  return undefined;
}
