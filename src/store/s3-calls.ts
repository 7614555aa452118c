/**
 * Owns: the narrow port behind which S3 stands: one method per request, each asked once and answered or refused once.
 * Does not own: the package that speaks HTTP (s3-sdk-calls.ts), what is tried again (s3-requests.ts), what a refusal means
 * (s3-failure.ts).
 *
 * Invariants: I1 every write that makes an object carries `If-None-Match: *`. I2 a method rejects with an Error whose `name` is
 * the code of S3 or of the network, with the status in `$metadata.httpStatusCode` where there was one; it never tries again by itself.
 * I3 an aborted signal ends the request.
 */

export interface S3Object {
  readonly key: string;
  readonly byteCount: number;
}

/** What a HEAD tells. */
export interface S3Head {
  readonly byteCount: number;
  /** What the maker of the object gave to `put` or `createUpload`. */
  readonly nonce: string | undefined;
}

/** What a GET gives: the whole object, or where `firstByte` is told, what follows from there. */
export interface S3Body {
  readonly bytes: Uint8Array;
  readonly firstByte: number | undefined;
}

export interface S3Page {
  readonly objects: readonly S3Object[];
  /** How many objects the page says it has. */
  readonly objectCount: number | undefined;
  readonly isTruncated: boolean;
  /** Where the next page begins, in the words of the server. */
  readonly next: string | undefined;
}

export interface S3Upload {
  readonly key: string;
  readonly uploadId: string;
}

export interface S3Calls {
  put(
    object: { readonly key: string; readonly bytes: Uint8Array; readonly nonce: string },
    signal: AbortSignal,
  ): Promise<void>;
  head(key: string, signal: AbortSignal): Promise<S3Head>;
  get(
    object: { readonly key: string; readonly range?: readonly [first: number, last: number] },
    signal: AbortSignal,
  ): Promise<S3Body>;
  /** What begins with `prefix`, from the page `next` on or, where there is none, behind the key `after`. */
  listPage(
    page: {
      readonly prefix: string;
      readonly after: string | undefined;
      readonly next: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<S3Page>;
  delete(key: string, signal: AbortSignal): Promise<void>;

  /** Begins an object that comes in parts; nothing of it can be seen before `completeUpload`. */
  createUpload(
    object: { readonly key: string; readonly nonce: string },
    signal: AbortSignal,
  ): Promise<S3Upload>;
  /** The part's tag, to be given to `completeUpload`. */
  uploadPart(
    upload: S3Upload,
    part: { readonly number: number; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<string>;
  completeUpload(upload: S3Upload, tags: readonly string[], signal: AbortSignal): Promise<void>;
  abortUpload(upload: S3Upload, signal: AbortSignal): Promise<void>;

  /** Lets go of the connections. Safe to call twice. */
  close(): void;
}
