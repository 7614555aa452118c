/**
 * Owns: a server that speaks as much of S3 over HTTP as a store needs, in this process, with a hook that makes it err.
 * Does not own: what a bucket does (s3-bucket.ts), whether somebody may ask: signatures are not looked at.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { S3Bucket, S3Refusal } from "./s3-bucket.ts";

export type S3Action =
  | "put"
  | "get"
  | "head"
  | "delete"
  | "list"
  | "createUpload"
  | "uploadPart"
  | "completeUpload"
  | "abortUpload";

/** A request as the hook sees it. */
export interface S3Request {
  readonly action: S3Action;
  readonly key: string;
  /** How many requests came before it. */
  readonly index: number;
}

/** What goes wrong with one request. */
export interface S3Fault {
  /** Refused, */
  readonly refuse?: readonly [status: number, code: string];
  /** before it did what it asks (the default), or after. */
  readonly when?: "before" | "after";
  /** The connection is cut: before the effect, after it, or in the middle of the answer's body. */
  readonly cut?: "before" | "after" | "within";
  /** It does what it asks, and answers that late. */
  readonly delayMs?: number;
  /** As a server that does not know conditional writes, or behind a proxy that drops the header. */
  readonly ignoreConditions?: boolean;
  /** Only so many keys of a page come; */
  readonly pageKeys?: number;
  /** and it says how many there were, says that there are more (the default), or says that this is the end. */
  readonly says?: "count" | "truncated" | "end";
  /** A page in another order. */
  readonly reorder?: (keys: readonly string[]) => readonly string[];
}

export type S3Hook = (request: S3Request) => S3Fault | undefined;

export interface S3ServerOptions {
  /** How many keys a page of a listing has at most (default 1,000, as with S3). */
  readonly pageKeysMax?: number;
}

/** A running server, with one bucket named `bucket`. */
export class S3Server implements AsyncDisposable {
  readonly bucket: S3Bucket = new S3Bucket();
  /** What came, in order. */
  readonly requests: S3Request[] = [];
  hook: S3Hook = () => undefined;
  /** Answers the whole object where a range is asked for. */
  ignoresRanges = false;
  readonly #server: Server;
  readonly #pageKeysMax: number;

  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options);
    await new Promise<void>((resolve, reject) => {
      server.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return server;
  }

  private constructor({ pageKeysMax = 1_000 }: S3ServerOptions) {
    this.#pageKeysMax = pageKeysMax;
    this.#server = createServer((message, response) => {
      this.#serve(message, response).catch((error: unknown) => {
        if (error instanceof S3Refusal) refuse(response, error, message.method === "HEAD");
        else response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = await read(message);
    const request = { action: asked.action, key: asked.key, index: this.requests.length };
    this.requests.push(request);
    const fault: S3Fault = this.hook(request) ?? {};
    if (fault.cut === "before") return void response.destroy();
    const [status, code] = fault.refuse ?? [0, ""];
    if (status !== 0 && fault.when !== "after") throw new S3Refusal(status, code);
    if (asked.bucket !== "bucket") throw new S3Refusal(404, "NoSuchBucket");
    const answer = this.#act(asked, fault);
    if (status !== 0) throw new S3Refusal(status, code);
    if (fault.cut === "after") return void response.destroy();
    if (fault.delayMs !== undefined) await sleep(fault.delayMs, undefined, { ref: false });
    response.writeHead(answer.status ?? 200, answer.headers);
    if (fault.cut !== "within") return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length / 2), () => response.destroy());
  }

  #act(asked: Asked, fault: S3Fault): Answer {
    const { bucket } = this;
    const { key, query, metadata, bytes } = asked;
    const onlyIfNew = asked.onlyIfNew && fault.ignoreConditions !== true;
    const id = query.get("uploadId") ?? "";
    switch (asked.action) {
      case "put":
        return { ...empty, headers: { etag: bucket.put({ key, bytes, metadata, onlyIfNew }) } };
      case "get":
        return partOf(bucket.get(key).bytes, this.ignoresRanges ? undefined : asked.range);
      case "head": {
        const object = bucket.get(key);
        return { ...empty, headers: { ...object.metadata, "content-length": object.bytes.length } };
      }
      case "delete":
        bucket.objects.delete(key);
        return { ...empty, status: 204 };
      case "list":
        return this.#page(query, fault);
      case "createUpload": {
        const made = bucket.createUpload(key, metadata);
        return xml(
          `<InitiateMultipartUploadResult><UploadId>${made}</UploadId></InitiateMultipartUploadResult>`,
        );
      }
      case "uploadPart": {
        const tag = bucket.putPart(id, Number(query.get("partNumber")), bytes);
        return { ...empty, headers: { etag: tag } };
      }
      case "completeUpload": {
        const numbers = [...bytes.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, n]) =>
          Number(n),
        );
        bucket.completeUpload(id, numbers, onlyIfNew);
        return xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
      }
      case "abortUpload":
        bucket.abortUpload(id);
        return { ...empty, status: 204 };
    }
  }

  #page(query: URLSearchParams, fault: S3Fault): Answer {
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const prefix = query.get("prefix") ?? "";
    const page = this.bucket.list({ prefix, after, countMax: this.#pageKeysMax });
    const told = fault.reorder?.(page.keys) ?? page.keys;
    const keys = told.slice(0, fault.pageKeys ?? told.length);
    const isTruncated = page.isTruncated && fault.says !== "end";
    const count = fault.says === "count" ? page.keys.length : keys.length;
    const contents = keys.map((key) => {
      const size = this.bucket.get(key).bytes.length;
      return `<Contents><Key>${escape(key)}</Key><Size>${size}</Size></Contents>`;
    });
    // The mark stands behind the whole page, whatever of it came.
    const next = isTruncated
      ? `<NextContinuationToken>${escape(page.keys.at(-1) ?? "")}</NextContinuationToken>`
      : "";
    return xml(
      `<ListBucketResult><KeyCount>${count}</KeyCount><IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`,
    );
  }
}

interface Asked {
  readonly action: S3Action;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
  readonly onlyIfNew: boolean;
  readonly range: string | undefined;
}

interface Answer {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Buffer;
}

const empty: Answer = { headers: {}, body: Buffer.alloc(0) };

function xml(body: string): Answer {
  return { headers: { "content-type": "application/xml" }, body: Buffer.from(body) };
}

async function read(message: IncomingMessage): Promise<Asked> {
  const url = new URL(message.url ?? "/", "http://server");
  const [, bucket = "", ...parts] = url.pathname.split("/").map(decodeURIComponent);
  const query = url.searchParams;
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.entries(message.headers).filter(([name]) =>
    name.startsWith("x-amz-meta-"),
  );
  return {
    action: actionOf(message.method ?? "", parts.join("/"), query),
    bucket,
    key: parts.join("/"),
    query,
    bytes: Buffer.concat(chunks),
    metadata: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])),
    onlyIfNew: message.headers["if-none-match"] === "*",
    range: message.headers.range,
  };
}

function actionOf(method: string, key: string, query: URLSearchParams): S3Action {
  if (key === "") return "list";
  const isUpload = query.has("uploadId");
  switch (method) {
    case "PUT":
      return isUpload ? "uploadPart" : "put";
    case "POST":
      return isUpload ? "completeUpload" : "createUpload";
    case "DELETE":
      return isUpload ? "abortUpload" : "delete";
    case "HEAD":
      return "head";
    case "GET":
      return "get";
    default:
      throw new S3Refusal(405, "MethodNotAllowed");
  }
}

function partOf(bytes: Buffer, range: string | undefined): Answer {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [];
  if (first === undefined) return { headers: { "content-length": bytes.length }, body: bytes };
  if (Number(first) >= bytes.length) throw new S3Refusal(416, "InvalidRange");
  const body = bytes.subarray(Number(first), Number(last) + 1);
  const end = Number(first) + body.length - 1;
  const headers = {
    "content-length": body.length,
    "content-range": `bytes ${first}-${end}/${bytes.length}`,
  };
  return { status: 206, headers, body };
}

function refuse(response: ServerResponse, { status, code }: S3Refusal, isHead: boolean): void {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(
    isHead ? undefined : `<Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  );
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
