/** Owns: the options of a client of S3, in words of our own, so that nobody needs the SDK's types to read them. */

/** Keys of S3, as the SDK takes them. Those that expire are asked for again in time where a function gives them. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** Where and as whom; what is not given is what the SDK finds in the environment and its files. */
export interface S3ClientOptions {
  /** The server's address; without one, Amazon's for the region. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
  /** `host/bucket/key` rather than `bucket.host/key`: what most servers but Amazon's need (default false). */
  readonly forcePathStyle?: boolean | undefined;
}
