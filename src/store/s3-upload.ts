/**
 * Owns: making an object of S3 in parts, for what one request does not hold; create-only by a conditional completion.
 * Does not own: cutting into parts (byte-pieces.ts), whether the server keeps the condition (s3-probe.ts).
 *
 * Invariants: I1 nothing is seen at the name before the completion, and then all of it. I2 what fails is aborted, so that its
 * parts do not stay. I3 a completion whose upload is gone is decided by the nonce of the object that stands there.
 */
import { StreamError } from "../base/index.ts";
import type { S3Access, S3Target } from "./s3-access.ts";
import type { S3Upload } from "./s3-calls.ts";
import { ownerOf } from "./s3-creation.ts";
import type { Creation } from "./store.ts";

/** Parts on their way at the same time; with the one being gathered, that many are in memory. */
const partsInFlightMax = 4;
/** What S3 takes. */
const partCountMax = 10_000;

/** Makes an object of parts, of which all but the last are of one length. What the parts throw passes through. */
export async function createInParts(
  access: S3Access,
  target: S3Target,
  parts: AsyncIterable<Uint8Array>,
): Promise<Creation> {
  const { calls, requests } = access;
  const { operation, key } = target;
  const nonce = access.drawNonce();
  const upload = await requests.demand(operation, (signal) =>
    calls.createUpload({ key, nonce }, signal),
  );
  try {
    const tags = await sendParts(access, target, upload, parts);
    const creation = await complete(access, target, { upload, tags, nonce });
    if (creation === "taken") await abort(access, target, upload);
    return creation;
  } catch (error) {
    await abort(access, target, upload);
    throw error;
  }
}

async function sendParts(
  { calls, requests }: S3Access,
  { operation }: S3Target,
  upload: S3Upload,
  parts: AsyncIterable<Uint8Array>,
): Promise<string[]> {
  const tags: string[] = [];
  const failures: unknown[] = [];
  const inFlight = new Set<Promise<void>>();
  const send = async (number: number, bytes: Uint8Array): Promise<void> => {
    try {
      tags[number - 1] = await requests.demand(operation, (signal) =>
        calls.uploadPart(upload, { number, bytes }, signal),
      );
    } catch (error) {
      failures.push(error);
    }
  };
  let number = 0;
  try {
    for await (const bytes of parts) {
      number++;
      if (number > partCountMax) throw tooManyParts(operation.name);
      const sending = send(number, bytes).finally(() => inFlight.delete(sending));
      inFlight.add(sending);
      if (inFlight.size >= partsInFlightMax) await Promise.race(inFlight);
      if (failures.length > 0) break;
    }
  } finally {
    // A part that arrives behind the abort would stay.
    await Promise.all(inFlight);
  }
  if (failures.length > 0) throw failures[0];
  return tags;
}

async function complete(
  access: S3Access,
  target: S3Target,
  { upload, tags, nonce }: { upload: S3Upload; tags: readonly string[]; nonce: string },
): Promise<Creation> {
  const { calls, requests } = access;
  const outcome = await requests.decide(target.operation, (signal) =>
    calls.completeUpload(upload, tags, signal),
  );
  if ("value" in outcome) return "created";
  const { kind } = outcome.failure;
  if (kind !== "precondition" && kind !== "upload_gone") {
    throw requests.error(outcome.failure, target.operation);
  }
  const owner = await ownerOf(access, target, nonce);
  if (owner === "us") return "created";
  if (owner === "others" || kind === "precondition") return "taken";
  // A conflict may cost the upload; the bytes went by, so whoever gave them has to give them again.
  throw requests.error(outcome.failure, target.operation);
}

/** Best effort: what cannot be aborted costs room, which a lifecycle rule of the bucket takes back. */
async function abort(
  { calls, requests }: S3Access,
  { operation }: S3Target,
  upload: S3Upload,
): Promise<void> {
  await requests.once(operation, (signal) => calls.abortUpload(upload, signal)).catch(() => {});
}

function tooManyParts(name: string): StreamError {
  const why = `more than ${partCountMax} parts: raise partBytes`;
  return new StreamError("store_write_failed", { name, why });
}
