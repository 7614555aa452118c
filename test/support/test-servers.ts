/**
 * Owns: finding the servers that `scripts/install-test-servers.sh` installs, and what a test does where one is missing: it is
 * skipped, loudly; with CI=true it fails, so that nobody takes a skipped test for a passed one.
 */
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach } from "vitest";

const home =
  process.env["MILLRACE_TEST_SERVERS"] ?? join(homedir(), ".cache", "millrace", "test-servers");

/** Whether tests on a server can run: they can also fail, where a CI has to have it. */
export interface TestServer {
  readonly name: string;
  /** Its program. */
  readonly file: string;
  readonly isMissing: boolean;
  /** To be given to `describe.skipIf`. */
  readonly isSkipped: boolean;
}

export function findTestServer(name: string, file: string = join(home, name, name)): TestServer {
  const isMissing = !existsSync(file);
  const isSkipped = isMissing && process.env["CI"] !== "true";
  if (isSkipped) {
    console.warn(
      `SKIPPED: every test on ${name}, which is not installed; run scripts/install-test-servers.sh ${name}`,
    );
  }
  return { name, file, isMissing, isSkipped };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

/** Prints, behind the tests of this file, how many of them passed on the server: skipped ones are no proof. */
export function printPassedCases(server: TestServer): void {
  let passed = 0;
  afterEach(({ task }) => {
    if (task.result?.state !== "fail") passed++;
  });
  afterAll(() => {
    console.log(`${server.name}: ${passed} cases passed on a real server`);
  });
}
