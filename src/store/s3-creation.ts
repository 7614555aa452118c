/**
 * Owns: making an object of S3 so that a name is given once, whatever is lost on the way.
 * Does not own: objects in parts (s3-upload.ts).
 *
 * Invariants: I1 `created` only when the object that stands there was made by this call: its nonce is in the object, and a refusal
 * for a name that is there is read back, because it may be the echo of a try of ours whose answer was lost. I2 a conflict
 * decides nothing.
 */
import type { S3Access, S3Target } from "./s3-access.ts";
import type { Creation } from "./store.ts";

/** Makes an object of bytes that one request holds. */
export async function createAtOnce(
  access: S3Access,
  { operation, key }: S3Target,
  bytes: Uint8Array,
): Promise<Creation> {
  const { calls, requests } = access;
  const nonce = access.drawNonce();
  const outcome = await requests.decide(operation, (signal) =>
    calls.put({ key, bytes, nonce }, signal),
  );
  if ("value" in outcome) return "created";
  if (outcome.failure.kind !== "precondition") throw requests.error(outcome.failure, operation);
  // Gone again between the two: then the name had been given, and is not ours to give a second time.
  return (await ownerOf(access, { operation, key }, nonce)) === "us" ? "created" : "taken";
}

/** Whose object stands at the key: the one that carries our nonce, somebody else's, or none. */
export async function ownerOf(
  { calls, requests }: S3Access,
  { operation, key }: S3Target,
  nonce: string,
): Promise<"us" | "others" | "nobody"> {
  const outcome = await requests.decide(operation, (signal) => calls.head(key, signal));
  if ("value" in outcome) return outcome.value.nonce === nonce ? "us" : "others";
  if (outcome.failure.kind === "missing") return "nobody";
  throw requests.error(outcome.failure, operation);
}
