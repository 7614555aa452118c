/** Owns: opening a store on the in-process server, patient enough for its faults and quick about them. */
import { openS3Store, type S3StoreOptions, type Store } from "../../src/store/index.ts";
import type { S3Fault, S3Hook, S3Server } from "./s3-server.ts";

export const credentials = { accessKeyId: "key", secretAccessKey: "secret" };

export function openOn(
  server: S3Server,
  options: S3StoreOptions & { readonly address?: string } = {},
): Promise<Store> {
  const { address = "s3://bucket/app", ...rest } = options;
  return openS3Store(address, {
    endpoint: server.endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials,
    // Tests do not wait: all waits between tries are 0.
    random: { next: () => 0, nextInt: (from) => from },
    ...rest,
  });
}

/** Does this to the first requests of a kind, one after the other, and lets everything else be. */
export function faults(action: string, ...list: readonly S3Fault[]): S3Hook {
  const left = [...list];
  return (request) => (request.action === action ? left.shift() : undefined);
}
