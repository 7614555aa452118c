/** Owns: how the checkpoint directory of the main job is opened, and taken away when nobody needs it any more. */
import { type OpenStoreOptions, openStore } from "millrace";

/**
 * The region, the credentials and the server of S3 are those of the environment, as the AWS SDK reads them:
 * AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL. Servers but Amazon's have no host per bucket.
 */
export function storeOptions(environment: NodeJS.ProcessEnv): OpenStoreOptions {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = environment;
  const isAmazon = AWS_ENDPOINT_URL === undefined && AWS_ENDPOINT_URL_S3 === undefined;
  return isAmazon ? {} : { s3: { forcePathStyle: true } };
}

/** Deletes all that a store holds. */
export async function removeAll(address: string, options: OpenStoreOptions): Promise<void> {
  const store = await openStore(address, options);
  try {
    for await (const { name } of store.list("")) await store.delete(name);
  } finally {
    await store.close();
  }
}
