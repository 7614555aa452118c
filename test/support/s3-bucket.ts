/**
 * Owns: what a bucket of S3 does, without HTTP: conditional creation, uploads in parts, listings in UTF-8 order.
 * Does not own: how it is asked (s3-server.ts). Each method is one step: nothing comes between its test and its effect.
 */

/** A refusal as S3 tells it. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export interface StoredObject {
  readonly bytes: Buffer;
  /** The `x-amz-meta-*` headers that it came with. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly tag: string;
}

interface Upload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, { readonly bytes: Buffer; readonly tag: string }>;
}

export interface ListedPage {
  readonly keys: readonly string[];
  readonly isTruncated: boolean;
}

const partBytesMin = 5 * 1024 * 1024;

export class S3Bucket {
  readonly objects: Map<string, StoredObject> = new Map();
  readonly uploads: Map<string, Upload> = new Map();
  #drawn = 0;

  put(object: {
    readonly key: string;
    readonly bytes: Buffer;
    readonly metadata: Readonly<Record<string, string>>;
    readonly onlyIfNew: boolean;
  }): string {
    if (object.onlyIfNew) this.#refuseTaken(object.key);
    const tag = this.#draw("object");
    this.objects.set(object.key, { bytes: object.bytes, metadata: object.metadata, tag });
    return tag;
  }

  get(key: string): StoredObject {
    const object = this.objects.get(key);
    if (object === undefined) throw new S3Refusal(404, "NoSuchKey");
    return object;
  }

  list(page: {
    readonly prefix: string;
    readonly after: string;
    readonly countMax: number;
  }): ListedPage {
    const keys = [...this.objects.keys()]
      .filter((key) => key.startsWith(page.prefix) && compareBytes(key, page.after) > 0)
      .sort(compareBytes);
    return { keys: keys.slice(0, page.countMax), isTruncated: keys.length > page.countMax };
  }

  createUpload(key: string, metadata: Readonly<Record<string, string>>): string {
    const id = this.#draw("upload");
    this.uploads.set(id, { key, metadata, parts: new Map() });
    return id;
  }

  putPart(id: string, number: number, bytes: Buffer): string {
    const tag = this.#draw("part");
    this.#upload(id).parts.set(number, { bytes, tag });
    return tag;
  }

  completeUpload(id: string, numbers: readonly number[], onlyIfNew: boolean): void {
    const { key, metadata, parts } = this.#upload(id);
    const chosen = numbers.map((number) => {
      const part = parts.get(number);
      if (part === undefined) throw new S3Refusal(400, "InvalidPart");
      return part.bytes;
    });
    if (chosen.slice(0, -1).some((bytes) => bytes.length < partBytesMin)) {
      throw new S3Refusal(400, "EntityTooSmall");
    }
    this.put({ key, bytes: Buffer.concat(chosen), metadata, onlyIfNew });
    this.uploads.delete(id);
  }

  abortUpload(id: string): void {
    this.#upload(id);
    this.uploads.delete(id);
  }

  #upload(id: string): Upload {
    const upload = this.uploads.get(id);
    if (upload === undefined) throw new S3Refusal(404, "NoSuchUpload");
    return upload;
  }

  #refuseTaken(key: string): void {
    if (this.objects.has(key)) throw new S3Refusal(412, "PreconditionFailed");
  }

  #draw(what: string): string {
    this.#drawn++;
    return `${what}-${this.#drawn}`;
  }
}

function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
