/**
 * Owns: the store in a bucket of S3, or of a server that speaks like it: the Store port, put together from its parts.
 * Does not own: requests and their retries (s3-requests.ts), creation (s3-creation.ts, s3-upload.ts), listings (s3-listing.ts),
 * the probe (s3-probe.ts), the package that speaks HTTP (s3-sdk-calls.ts).
 *
 * Invariants: those of the port (store.ts), and I1 every object is made by a conditional request. I2 a server is trusted with
 * uploads in parts only after it refused to complete one over an object. I3 there are no logs: this medium cannot append.
 */
import { randomUUID } from "node:crypto";
import {
  type Clock,
  type Logger,
  type Random,
  StreamError,
  seededRandom,
  silentLogger,
  systemClock,
} from "../base/index.ts";
import { inPieces } from "./byte-pieces.ts";
import type { S3Access, S3Target } from "./s3-access.ts";
import { readS3Address } from "./s3-address.ts";
import type { S3Calls } from "./s3-calls.ts";
import type { S3ClientOptions } from "./s3-client-options.ts";
import { createAtOnce } from "./s3-creation.ts";
import type { S3Operation } from "./s3-failure.ts";
import { listObjects } from "./s3-listing.ts";
import { probeFolder, probeUploads, probeWrites } from "./s3-probe.ts";
import { S3Requests } from "./s3-requests.ts";
import { openSdkCalls } from "./s3-sdk-calls.ts";
import { createInParts } from "./s3-upload.ts";
import type { Creation, Store, StoreContent, StoreEntry } from "./store.ts";
import { checkStoreName, checkStorePrefix } from "./store-name.ts";

/** How a store in S3 works; every option has a default. */
export interface S3StoreOptions extends S3ClientOptions {
  /** How long one request may take, its body included, before it is tried again, in ms (default 20,000). */
  readonly requestTimeoutMs?: number | undefined;
  /** How long all tries of a request may take together, in ms (default 60,000). */
  readonly deadlineMs?: number | undefined;
  /** How often a request is tried (default 10). */
  readonly attemptsMax?: number | undefined;
  /** What is longer than this goes in parts of this length, in bytes (default 8 MiB; S3 takes no less than 5 MiB, nor more than 10,000 parts). */
  readonly partBytes?: number | undefined;
  readonly clock?: Clock | undefined;
  /** Draws the waits between tries. */
  readonly random?: Random | undefined;
  /** Draws a text that nobody else draws, by which an object's maker is known (default a random UUID). */
  readonly drawNonce?: (() => string) | undefined;
  /** Opens it to look only: without the probe that proves its conditional writes, as that writes (default false). */
  readonly readOnly?: boolean | undefined;
  /** Hears of each try that is repeated (default: nobody). */
  readonly logger?: Logger | undefined;
}

const partBytesMin = 5 * 1024 * 1024;
const partBytesDefault = 8 * 1024 * 1024;

/**
 * Opens a place in a bucket, `s3://bucket/prefix`, and proves that its conditional writes work. Credentials, region and endpoint come
 * from the options, else from where the AWS SDK looks. Rejects with `address_invalid`, `argument_invalid`, `package_missing`,
 * `store_unfit`, `store_bucket_missing`, `store_denied`, `store_unreachable`.
 */
export async function openS3Store(address: string, options: S3StoreOptions = {}): Promise<Store> {
  const { bucket } = readS3Address(address);
  checkOptions(options);
  const calls = await openSdkCalls(bucket, options);
  return openS3StoreOver(calls, address, options);
}

/** The same over any implementation of the requests, as for a simulation. */
export async function openS3StoreOver(
  calls: S3Calls,
  address: string,
  options: S3StoreOptions = {},
): Promise<Store> {
  const { bucket, keyPrefix } = readS3Address(address);
  checkOptions(options);
  const drawNonce = options.drawNonce ?? randomUUID;
  const requests = new S3Requests(
    {
      clock: options.clock ?? systemClock,
      random: options.random ?? seededRandom(drawNonce()),
      logger: options.logger ?? silentLogger,
      requestTimeoutMs: options.requestTimeoutMs ?? 20_000,
      deadlineMs: options.deadlineMs ?? 60_000,
      attemptsMax: options.attemptsMax ?? 10,
    },
    `s3://${bucket}/${keyPrefix}`.replace(/\/$/, ""),
  );
  const access: S3Access = { calls, requests, drawNonce };
  try {
    if (options.readOnly !== true) await probeWrites(access, keyPrefix);
  } catch (error) {
    requests.close();
    calls.close();
    throw error;
  }
  return new S3Store(access, keyPrefix, options.partBytes ?? partBytesDefault);
}

function checkOptions(options: S3StoreOptions): void {
  if (options.endpoint !== undefined && !URL.canParse(options.endpoint)) {
    const expected = "a URL such as https://host:port";
    throw new StreamError("argument_invalid", { endpoint: options.endpoint, expected });
  }
  const limits = {
    requestTimeoutMs: 1,
    deadlineMs: 1,
    attemptsMax: 1,
    partBytes: partBytesMin,
  } as const;
  for (const [name, least] of Object.entries(limits)) {
    const value = options[name as keyof typeof limits];
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue;
    throw new StreamError("argument_invalid", {
      [name]: value,
      expected: `a whole number from ${least} on`,
    });
  }
}

class S3Store implements Store {
  readonly address: string;
  readonly openLog: undefined = undefined;
  readonly #access: S3Access;
  readonly #keyPrefix: string;
  readonly #partBytes: number;
  /** Whether uploads in parts are create-only here, once somebody asked. */
  #uploadsAreFit: Promise<boolean> | undefined;

  constructor(access: S3Access, keyPrefix: string, partBytes: number) {
    this.address = access.requests.address;
    this.#access = access;
    this.#keyPrefix = keyPrefix;
    this.#partBytes = partBytes;
  }

  async create(name: string, content: StoreContent): Promise<Creation> {
    const target = this.#target("create", name);
    const pieces = inPieces(content, this.#partBytes);
    try {
      const first = await pieces.next();
      if (first.done === true) return await createAtOnce(this.#access, target, new Uint8Array());
      const second = await pieces.next();
      if (second.done === true) return await createAtOnce(this.#access, target, first.value);
      await this.#demandFitUploads(target.operation);
      const parts = chain([first.value, second.value], pieces);
      return await createInParts(this.#access, target, parts);
    } finally {
      await pieces.return();
    }
  }

  async read(name: string): Promise<Uint8Array> {
    const { operation, key } = this.#target("read", name);
    const { calls, requests } = this.#access;
    const { bytes } = await requests.demand(operation, (signal) => calls.get({ key }, signal));
    return bytes;
  }

  async readRange(name: string, offset: number, byteCount: number): Promise<Uint8Array> {
    const { operation, key } = this.#target("read", name);
    const { calls, requests } = this.#access;
    if (byteCount === 0) {
      await requests.demand(operation, (signal) => calls.head(key, signal));
      return new Uint8Array();
    }
    const range = [offset, offset + byteCount - 1] as const;
    const outcome = await requests.decide(operation, (signal) => calls.get({ key, range }, signal));
    if ("failure" in outcome) {
      if (outcome.failure.kind === "range") return new Uint8Array();
      throw requests.error(outcome.failure, operation);
    }
    // A server may answer the whole object where a range was asked for.
    const { bytes, firstByte = 0 } = outcome.value;
    return bytes.subarray(offset - firstByte, offset - firstByte + byteCount);
  }

  async has(name: string): Promise<boolean> {
    const { operation, key } = this.#target("has", name);
    const { calls, requests } = this.#access;
    // Not a HEAD: its refusal has no body, so that a bucket that is gone, or an unknown user, looks like a name that is free.
    const outcome = await requests.decide(operation, (signal) =>
      calls.get({ key, range: [0, 0] }, signal),
    );
    // An empty object has no first byte.
    if ("value" in outcome || outcome.failure.kind === "range") return true;
    if (outcome.failure.kind === "missing") return false;
    throw requests.error(outcome.failure, operation);
  }

  async *list(
    prefix: string,
    options: { readonly after?: string } = {},
  ): AsyncGenerator<StoreEntry, void, undefined> {
    const after = options.after === undefined ? undefined : this.#keyPrefix + options.after;
    const { operation, key } = this.#target("list", prefix);
    for await (const object of listObjects(this.#access, operation, { prefix: key, after })) {
      const name = object.key.slice(this.#keyPrefix.length);
      // The empty name is what consoles of S3 make as a folder.
      if (name === "" || name.startsWith(probeFolder)) continue;
      yield { name, byteCount: object.byteCount };
    }
  }

  async delete(name: string): Promise<void> {
    const { operation, key } = this.#target("delete", name);
    const { calls, requests } = this.#access;
    const outcome = await requests.decide(operation, (signal) => calls.delete(key, signal));
    if ("value" in outcome || outcome.failure.kind === "missing") return;
    throw requests.error(outcome.failure, operation);
  }

  async close(): Promise<void> {
    this.#access.requests.close();
    this.#access.calls.close();
  }

  async #demandFitUploads(operation: S3Operation): Promise<void> {
    this.#uploadsAreFit ??= probeUploads(this.#access, this.#keyPrefix);
    let isFit: boolean;
    try {
      isFit = await this.#uploadsAreFit;
    } catch (error) {
      // It found out nothing: the next large object asks again.
      this.#uploadsAreFit = undefined;
      throw error;
    }
    if (isFit) return;
    const why =
      "it ignores If-None-Match when an upload is completed, so no object may be longer than partBytes, which is sent at once";
    throw new StreamError("store_unfit", {
      store: this.address,
      ...operation,
      partBytes: this.#partBytes,
      why,
    });
  }

  #target(operation: S3Operation["operation"], name: string): S3Target {
    if (operation === "list") checkStorePrefix(this.address, name);
    else checkStoreName(this.address, name);
    return { operation: { operation, name }, key: this.#keyPrefix + name };
  }
}

async function* chain<T>(
  first: readonly T[],
  rest: AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  yield* first;
  yield* rest;
}
