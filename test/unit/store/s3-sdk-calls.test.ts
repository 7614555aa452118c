import { afterEach, expect, test, vi } from "vitest";
import { openS3Store } from "../../../src/store/index.ts";
import { openSdkCalls } from "../../../src/store/s3-sdk-calls.ts";
import { S3Server } from "../../support/s3-server.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Takes from the environment what the SDK would find there. */
function clearEnvironment(): void {
  for (const name of Object.keys(process.env))
    if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_CONFIG_FILE", "/nowhere/config");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials");
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
}

test("without the SDK the error names the command that installs it", async () => {
  const missing = Object.assign(new Error("Cannot find package '@aws-sdk/client-s3'"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  const opening = openSdkCalls("bucket", {}, () => Promise.reject(missing));
  await expect(opening).rejects.toMatchObject({ code: "package_missing", cause: missing });
  await expect(openSdkCalls("bucket", {}, () => Promise.reject(missing))).rejects.toThrow(
    "npm install @aws-sdk/client-s3",
  );
});

test("without a region anywhere the error names the option", async () => {
  clearEnvironment();
  const opening = openSdkCalls("bucket", {});
  await expect(opening).rejects.toMatchObject({
    code: "argument_invalid",
    details: { argument: "region" },
  });
});

test("region, endpoint and credentials come from the environment, where no option gives them", async () => {
  clearEnvironment();
  await using server = await S3Server.start();
  vi.stubEnv("AWS_REGION", "eu-central-1");
  vi.stubEnv("AWS_ENDPOINT_URL_S3", server.endpoint);
  const opening = openS3Store("s3://bucket/a", { forcePathStyle: true });
  await expect(opening).rejects.toMatchObject({ code: "store_denied" });
  expect(server.requests).toHaveLength(0);
  vi.stubEnv("AWS_ACCESS_KEY_ID", "key");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  const store = await openS3Store("s3://bucket/a", { forcePathStyle: true });
  expect(await store.create("a", Buffer.from("1"))).toBe("created");
  await store.close();
});

test("credentials may come from a function", async () => {
  await using server = await S3Server.start();
  let asked = 0;
  const credentials = () => {
    asked++;
    return Promise.resolve({
      accessKeyId: "key",
      secretAccessKey: "secret",
      sessionToken: "token",
    });
  };
  const { endpoint } = server;
  const store = await openS3Store("s3://bucket", {
    endpoint,
    region: "r",
    forcePathStyle: true,
    credentials,
  });
  await store.close();
  expect(asked).toBeGreaterThan(0);
});
