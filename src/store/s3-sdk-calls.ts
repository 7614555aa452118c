/**
 * Owns: the port S3Calls over `@aws-sdk/client-s3`, an optional package that is loaded when the first such store is opened.
 * Does not own: retries and deadlines (s3-requests.ts); the SDK's own retries are off, as they would hide the first outcome.
 */
import type * as SdkModule from "@aws-sdk/client-s3";
import { StreamError } from "../base/index.ts";
import type { S3Body, S3Calls, S3Head, S3Page, S3Upload } from "./s3-calls.ts";
import type { S3ClientOptions } from "./s3-client-options.ts";
import { incompleteAnswer } from "./s3-failure.ts";

type Sdk = typeof SdkModule;

/** User metadata of the object, which comes back with each HEAD. */
const nonceField = "millrace-nonce";

export type LoadSdk = () => Promise<Sdk>;

const loadInstalledSdk: LoadSdk = () => import("@aws-sdk/client-s3");

/** Rejects with `package_missing`, and with `argument_invalid` where no region is to be found. */
export async function openSdkCalls(
  bucket: string,
  options: S3ClientOptions,
  loadSdk: LoadSdk = loadInstalledSdk,
): Promise<S3Calls> {
  const sdk = await load(loadSdk);
  const { endpoint, region, credentials, forcePathStyle } = options;
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(forcePathStyle === undefined ? {} : { forcePathStyle }),
    maxAttempts: 1,
    // The bodies are signed. Checksums in trailers are more than many servers understand, and the checksum of a whole object
    // does not fit a range of it.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  try {
    await client.config.region();
  } catch (cause) {
    client.destroy();
    throw new StreamError("argument_invalid", { argument: "region" }, { cause });
  }
  return new SdkCalls(sdk, client, bucket);
}

async function load(loadSdk: LoadSdk): Promise<Sdk> {
  try {
    return await loadSdk();
  } catch (cause) {
    const details = { package: "@aws-sdk/client-s3", command: "npm install @aws-sdk/client-s3" };
    throw new StreamError("package_missing", details, { cause });
  }
}

class SdkCalls implements S3Calls {
  readonly #sdk: Sdk;
  readonly #client: InstanceType<Sdk["S3Client"]>;
  readonly #bucket: string;

  constructor(sdk: Sdk, client: InstanceType<Sdk["S3Client"]>, bucket: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
  }

  async put(
    { key, bytes, nonce }: { key: string; bytes: Uint8Array; nonce: string },
    signal: AbortSignal,
  ): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      Body: bytes,
      IfNoneMatch: "*",
      Metadata: { [nonceField]: nonce },
    });
    await this.#client.send(command, { abortSignal: signal });
  }

  async head(key: string, signal: AbortSignal): Promise<S3Head> {
    const command = new this.#sdk.HeadObjectCommand({ Bucket: this.#bucket, Key: key });
    const { ContentLength, Metadata } = await this.#client.send(command, { abortSignal: signal });
    return { byteCount: ContentLength ?? 0, nonce: Metadata?.[nonceField] };
  }

  async get(
    { key, range }: { key: string; range?: readonly [first: number, last: number] },
    signal: AbortSignal,
  ): Promise<S3Body> {
    const command = new this.#sdk.GetObjectCommand({
      Bucket: this.#bucket,
      Key: key,
      ...(range === undefined ? {} : { Range: `bytes=${range[0]}-${range[1]}` }),
    });
    const answer = await this.#client.send(command, { abortSignal: signal });
    const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
    if (answer.ContentLength !== undefined && answer.ContentLength !== bytes.length) {
      throw incompleteAnswer(`${bytes.length} of ${answer.ContentLength} bytes came`);
    }
    return { bytes, firstByte: firstByteOf(answer.ContentRange) };
  }

  async listPage(
    {
      prefix,
      after,
      next,
    }: { prefix: string; after: string | undefined; next: string | undefined },
    signal: AbortSignal,
  ): Promise<S3Page> {
    const command = new this.#sdk.ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      ...(after === undefined ? {} : { StartAfter: after }),
      ...(next === undefined ? {} : { ContinuationToken: next }),
    });
    const answer = await this.#client.send(command, { abortSignal: signal });
    return {
      objects: (answer.Contents ?? []).map(({ Key, Size }) => {
        if (Key === undefined || Size === undefined)
          throw incompleteAnswer("a listed object has no key or no size");
        return { key: Key, byteCount: Size };
      }),
      objectCount: answer.KeyCount,
      isTruncated: answer.IsTruncated ?? false,
      next: answer.NextContinuationToken,
    };
  }

  async delete(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand({ Bucket: this.#bucket, Key: key });
    await this.#client.send(command, { abortSignal: signal });
  }

  async createUpload(
    { key, nonce }: { key: string; nonce: string },
    signal: AbortSignal,
  ): Promise<S3Upload> {
    const command = new this.#sdk.CreateMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: key,
      Metadata: { [nonceField]: nonce },
    });
    const { UploadId } = await this.#client.send(command, { abortSignal: signal });
    if (UploadId === undefined) throw incompleteAnswer("an upload was begun without an id");
    return { key, uploadId: UploadId };
  }

  async uploadPart(
    { key, uploadId }: S3Upload,
    { number, bytes }: { number: number; bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<string> {
    const command = new this.#sdk.UploadPartCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: uploadId,
      PartNumber: number,
      Body: bytes,
    });
    const { ETag } = await this.#client.send(command, { abortSignal: signal });
    if (ETag === undefined) throw incompleteAnswer("a part was taken without a tag");
    return ETag;
  }

  async completeUpload(
    { key, uploadId }: S3Upload,
    tags: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const command = new this.#sdk.CompleteMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: uploadId,
      IfNoneMatch: "*",
      MultipartUpload: { Parts: tags.map((tag, index) => ({ PartNumber: index + 1, ETag: tag })) },
    });
    await this.#client.send(command, { abortSignal: signal });
  }

  async abortUpload({ key, uploadId }: S3Upload, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.AbortMultipartUploadCommand({
      Bucket: this.#bucket,
      Key: key,
      UploadId: uploadId,
    });
    await this.#client.send(command, { abortSignal: signal });
  }

  close(): void {
    this.#client.destroy();
  }
}

/** `bytes 3-7/10` -> 3. */
function firstByteOf(contentRange: string | undefined): number | undefined {
  const first = /^bytes (\d+)-/.exec(contentRange ?? "")?.[1];
  return first === undefined ? undefined : Number(first);
}
