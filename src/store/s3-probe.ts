/**
 * Owns: finding out whether a server keeps what the store relies on, before anything is trusted to it.
 * Does not own: what follows (s3-store.ts).
 *
 * Invariants: I1 a store whose second conditional write of a name succeeds, or is refused without a trace of the first, is refused as
 * `store_unfit`. I2 what a probe made it removes; what one that was killed left, a later one removes after a day.
 */
import { StreamError } from "../base/index.ts";
import type { S3Access, S3Target } from "./s3-access.ts";
import { ownerOf } from "./s3-creation.ts";
import type { S3Operation } from "./s3-failure.ts";
import { listObjects } from "./s3-listing.ts";

/** Where probes are made; no name of the store begins like this in a listing. */
export const probeFolder = ".probe/";

const leftoverAgeMsMin = 24 * 60 * 60 * 1_000;
const operation: S3Operation = { operation: "probe", name: probeFolder };

/**
 * Writes, writes again, reads back, deletes: so it finds a missing bucket, refused credentials and missing permissions too.
 * Rejects with `store_unfit`, `store_bucket_missing`, `store_denied`, `store_unreachable`.
 */
export async function probeWrites(access: S3Access, keyPrefix: string): Promise<void> {
  await removeLeftovers(access, keyPrefix);
  await withProbe(access, keyPrefix, async (target, nonce) => {
    const second = access.drawNonce();
    const again = await access.requests.decide(operation, (signal) =>
      access.calls.put({ key: target.key, bytes: new Uint8Array(), nonce: second }, signal),
    );
    if ("value" in again) throw unfit(access, "it wrote over an object despite If-None-Match");
    if (again.failure.kind !== "precondition") {
      throw access.requests.error(again.failure, operation);
    }
    if ((await ownerOf(access, target, nonce)) !== "us") {
      throw unfit(access, "it does not keep the metadata of an object");
    }
  });
}

/** Whether a conditional completion of an upload is refused over an object that is there, as it has to be. */
export async function probeUploads(access: S3Access, keyPrefix: string): Promise<boolean> {
  const { calls, requests } = access;
  let isKept = false;
  await withProbe(access, keyPrefix, async ({ key }) => {
    const upload = await requests.demand(operation, (signal) =>
      calls.createUpload({ key, nonce: access.drawNonce() }, signal),
    );
    try {
      const tag = await requests.demand(operation, (signal) =>
        calls.uploadPart(upload, { number: 1, bytes: Uint8Array.of(1) }, signal),
      );
      const completed = await requests.decide(operation, (signal) =>
        calls.completeUpload(upload, [tag], signal),
      );
      isKept = "failure" in completed && completed.failure.kind === "precondition";
    } finally {
      await requests.once(operation, (signal) => calls.abortUpload(upload, signal));
    }
  });
  return isKept;
}

async function withProbe(
  access: S3Access,
  keyPrefix: string,
  use: (target: S3Target, nonce: string) => Promise<void>,
): Promise<void> {
  const { calls, requests } = access;
  const nonce = access.drawNonce();
  const key = keyPrefix + probeFolder + probeName(requests.clock.now(), nonce);
  const target: S3Target = { operation, key };
  const remove = (signal: AbortSignal): Promise<void> => calls.delete(key, signal);
  try {
    const first = await requests.decide(operation, (signal) =>
      calls.put({ key, bytes: new Uint8Array(), nonce }, signal),
    );
    if ("failure" in first) {
      if (first.failure.kind !== "precondition") throw requests.error(first.failure, operation);
      // Our own, when the answer to an earlier try was lost.
      if ((await ownerOf(access, target, nonce)) !== "us") {
        throw unfit(access, "it refuses the first write of a name");
      }
    }
    await use(target, nonce);
  } catch (error) {
    await requests.once(operation, remove).catch(() => {});
    throw error;
  }
  await requests.demand(operation, remove);
}

async function removeLeftovers(access: S3Access, keyPrefix: string): Promise<void> {
  const { calls, requests } = access;
  const prefix = keyPrefix + probeFolder;
  const oldest = prefix + probeName(requests.clock.now() - leftoverAgeMsMin, "");
  for await (const { key } of listObjects(access, operation, { prefix, after: undefined })) {
    if (key >= oldest) return;
    await requests.demand(operation, (signal) => calls.delete(key, signal));
  }
}

function probeName(timeMs: number, nonce: string): string {
  return `${String(Math.max(0, timeMs)).padStart(15, "0")}-${nonce}`;
}

function unfit({ requests }: S3Access, why: string): StreamError {
  return new StreamError("store_unfit", { store: requests.address, why });
}
