/** Owns: starting and stopping a real S3 server, written by others, on a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { findTestServer, freePort, type TestServer } from "./test-servers.ts";

export const versitygw: TestServer = findTestServer("versitygw");

const credentials = { accessKeyId: "test-key", secretAccessKey: "test-secret" };
const startTriesMax = 5;
const startMsMax = 10_000;

/** A running server, with one bucket named `bucket`. */
export class RealS3Server implements AsyncDisposable {
  readonly endpoint: string;
  readonly credentials: typeof credentials = credentials;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #killOnExit: () => void;

  /** Starts it on a free port; another one where somebody was faster. */
  static async start(): Promise<RealS3Server> {
    if (versitygw.isMissing) {
      throw new Error("versitygw is not installed; run scripts/install-test-servers.sh versitygw");
    }
    for (let tries = 1; ; tries++) {
      const server = new RealS3Server(
        await mkdtemp(join(tmpdir(), "versitygw-")),
        await freePort(),
      );
      try {
        await server.#makeBucket();
        return server;
      } catch (error) {
        await server.close();
        if (tries >= startTriesMax) throw error;
      }
    }
  }

  private constructor(folder: string, port: number) {
    this.endpoint = `http://127.0.0.1:${port}`;
    this.#folder = folder;
    const address = ["--port", `127.0.0.1:${port}`, "--quiet", "--keep-alive"];
    this.#process = spawn(versitygw.file, [...address, "posix", folder], {
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        ROOT_ACCESS_KEY_ID: credentials.accessKeyId,
        ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
    this.#killOnExit = () => void this.#process.kill("SIGKILL");
    process.once("exit", this.#killOnExit);
  }

  async close(): Promise<void> {
    process.removeListener("exit", this.#killOnExit);
    if (this.#isRunning()) {
      this.#process.kill("SIGKILL");
      await once(this.#process, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #makeBucket(): Promise<void> {
    const { endpoint } = this;
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
    });
    try {
      for (const startedMs = Date.now(); ; await sleep(20)) {
        if (!this.#isRunning()) throw new Error("versitygw ended at its start");
        try {
          await client.send(new CreateBucketCommand({ Bucket: "bucket" }));
          return;
        } catch (error) {
          if (Date.now() - startedMs > startMsMax) throw error;
        }
      }
    } finally {
      client.destroy();
    }
  }

  #isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }
}
