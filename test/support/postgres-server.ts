/**
 * Owns: a PostgreSQL server of a test's own: a new cluster in a temporary directory, on a free port of this machine.
 * Does not own: installing it (scripts/install-test-servers.sh).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findTestServer, freePort, type TestServer } from "./test-servers.ts";

/** Whether tests with a server can run, and where its programs are. */
export const postgres: TestServer = findTestServer("postgres", findInitdb());

export class PostgresServer {
  /** For clients: `postgres://...`. */
  readonly url: string;
  readonly #directory: string;

  readonly #stopOnExit = (): void => this.#stop();

  private constructor(url: string, directory: string) {
    this.url = url;
    this.#directory = directory;
    // A test that ran out of time does not get to stop it.
    process.once("exit", this.#stopOnExit);
  }

  /** Starts a server; `settings` go into its configuration. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
    if (postgres.isMissing) {
      throw new Error("postgres is not installed; run scripts/install-test-servers.sh postgres");
    }
    const directory = mkdtempSync(join(tmpdir(), "millrace-postgres-"));
    const { uid, gid } = serverUser() ?? {};
    if (uid !== undefined && gid !== undefined) chownSync(directory, uid, gid);
    const data = join(directory, "data");
    run("initdb", ["-D", data, "-U", "millrace", "-A", "trust", "-E", "UTF8", "--no-sync"]);
    try {
      const port = await startOnFreePort(directory, settings);
      return new PostgresServer(`postgres://millrace@127.0.0.1:${port}/postgres`, directory);
    } catch (error) {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Stops it at once, and removes all that it had. */
  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#stopOnExit);
    this.#stop();
  }

  #stop(): void {
    run("pg_ctl", ["-D", join(this.#directory, "data"), "-m", "immediate", "-w", "stop"]);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

async function startOnFreePort(
  directory: string,
  settings: Readonly<Record<string, string>>,
): Promise<number> {
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const options = {
      port: String(port),
      listen_addresses: "127.0.0.1",
      unix_socket_directories: directory,
      // What is tested here is the client: a server that loses power is another matter.
      fsync: "off",
      ...settings,
    };
    const given = Object.entries(options).map(([name, value]) => `-c ${name}='${value}'`);
    const [data, log] = [join(directory, "data"), join(directory, "log")];
    try {
      run("pg_ctl", ["-D", data, "-l", log, "-w", "-o", given.join(" "), "start"]);
      return port;
    } catch (error) {
      // Somebody may have taken the port meanwhile.
      if (tries === 3) throw error;
    }
  }
}

/** Debian keeps the programs of each version out of the PATH. */
function findInitdb(): string {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  const places = [
    ...newestFirst.map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ].map((place) => join(place, "initdb"));
  return places.find((place) => existsSync(place)) ?? "initdb";
}

/** The server refuses to run as root; Debian's package has made a user for it. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (option: string) =>
    Number(execFileSync("id", [option, "postgres"], { encoding: "utf8" }).trim());
  return { uid: idOf("-u"), gid: idOf("-g") };
}

function run(program: string, args: readonly string[]): void {
  const path = join(dirname(postgres.file), program);
  // Nothing of it is kept open: a server that inherits a pipe would keep who reads it waiting.
  const { status, error } = spawnSync(path, args, {
    ...serverUser(),
    cwd: tmpdir(),
    stdio: "ignore",
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ended with exit code ${status}`);
}
