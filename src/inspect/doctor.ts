/**
 * Owns: whether a place and a machine are fit for a checkpoint directory.
 * Does not own: whether what is in it is well (verify.ts).
 *
 * I1. Nothing is written unless a probe is asked for; what a probe makes it removes.
 */
import { type Clock, messageOf, StreamError } from "../base/index.ts";
import { newestEpoch, readEpoch } from "../recovery/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { InspectedDirectory } from "./inspected-directory.ts";
import type { InspectOptions } from "./open-as-found.ts";

/** One thing that was looked at. */
export interface Diagnosis {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly what: string;
}

/** The machine that asks. */
export interface Machine {
  readonly clock: Clock;
  readonly nodeVersion: string;
  readonly version: string;
  readonly host: string;
  /** Whether a process of this machine lives. */
  readonly isAlive: (pid: number) => boolean;
  /** Whether a package, or a module of Node, can be loaded. */
  readonly canLoad: (name: string) => Promise<boolean>;
  /** A text that nobody else draws. */
  readonly nonce: string;
}

export interface DoctorOptions extends InspectOptions {
  /** Writes, appends, syncs and removes objects to find out whether the store keeps what is relied on. */
  readonly probe: boolean;
}

/** Looks at all of it; whatever goes wrong is told. */
export async function examine(
  address: string,
  machine: Machine,
  options: DoctorOptions,
): Promise<readonly Diagnosis[]> {
  const diagnoses: Diagnosis[] = [...(await examineMachine(address, machine))];
  const contents = await examineContents(address, machine, options);
  diagnoses.push(...contents.diagnoses);
  if (!options.probe) {
    const what = "not asked for: --probe writes a few objects and removes them again";
    diagnoses.push({ check: "writing", status: "skipped", what });
  } else if (contents.isEmpty) {
    const what = "there is nothing yet at this address, and a probe would make the directory";
    diagnoses.push({ check: "writing", status: "skipped", what });
  } else diagnoses.push(...(await probeWriting(address, machine, options)));
  return diagnoses;
}

async function examineMachine(
  address: string,
  { canLoad, nodeVersion, version }: Machine,
): Promise<readonly Diagnosis[]> {
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  const isYoung = major > 22 || (major === 22 && minor >= 12);
  const diagnoses: Diagnosis[] = [
    {
      check: "versions",
      status: isYoung ? "ok" : "failed",
      what: `millrace ${version} on Node ${nodeVersion}${isYoung ? "" : ", which is older than 22.12"}`,
    },
  ];
  const hasSqlite = await canLoad("node:sqlite");
  diagnoses.push({
    check: "sqlite",
    status: hasSqlite ? "ok" : "warning",
    what: hasSqlite ? "node:sqlite is there" : "no node:sqlite: exports to SQLite need Node 22.13",
  });
  if (!address.startsWith("s3:")) return diagnoses;
  const hasSdk = await canLoad("@aws-sdk/client-s3");
  const what = hasSdk ? "@aws-sdk/client-s3 is there" : "install @aws-sdk/client-s3";
  return [...diagnoses, { check: "s3 client", status: hasSdk ? "ok" : "failed", what }];
}

async function examineContents(
  address: string,
  machine: Machine,
  options: InspectOptions,
): Promise<{ readonly diagnoses: readonly Diagnosis[]; readonly isEmpty: boolean }> {
  let directory: InspectedDirectory;
  try {
    directory = await InspectedDirectory.open(address, options);
  } catch (error) {
    const isEmpty = error instanceof StreamError && error.code === "directory_empty";
    const what = isEmpty ? "it answers, and there is nothing of Millrace yet" : messageOf(error);
    return { diagnoses: [{ check: "store", status: isEmpty ? "ok" : "failed", what }], isEmpty };
  }
  try {
    const answers: Diagnosis = {
      check: "store",
      status: "ok",
      what: `${directory.address} answers`,
    };
    const start = await examineStart(directory);
    return {
      diagnoses: [answers, ...start, ...(await examineTime(directory, machine))],
      isEmpty: false,
    };
  } catch (error) {
    return {
      diagnoses: [{ check: "store", status: "failed", what: messageOf(error) }],
      isEmpty: false,
    };
  } finally {
    await directory.close();
  }
}

async function examineStart(directory: InspectedDirectory): Promise<readonly Diagnosis[]> {
  const { decision, refusal } = await directory.observe();
  const status = refusal === undefined ? "ok" : "failed";
  const what = refusal?.message ?? `a start would ${decision.course}: ${decision.label}`;
  return [{ check: "contents", status, what }];
}

async function examineTime(
  directory: InspectedDirectory,
  { clock, host, isAlive }: Machine,
): Promise<readonly Diagnosis[]> {
  const { left } = await directory.observe();
  const epoch = await readEpoch(directory.store, await newestEpoch(directory.store));
  const writtenAtMs = Math.max(left?.checkpoint.writtenAtMs ?? 0, epoch?.startedAtMs ?? 0);
  const aheadMs = writtenAtMs - clock.now();
  const isAhead = aheadMs > 0;
  const diagnoses: Diagnosis[] = [
    {
      check: "clock",
      status: isAhead ? "warning" : "ok",
      what: isAhead
        ? `what was written last is ${Math.ceil(aheadMs / 1000)} s ahead of this clock: a start waits for it, or leaves batches out`
        : "it is not behind what was written last",
    },
  ];
  if (epoch === undefined) return diagnoses;
  const who = `pid ${epoch.pid} on ${epoch.host}`;
  const isHere = epoch.host === host;
  const lives = isHere && isAlive(epoch.pid);
  const what = lives
    ? `${who} has this number, so it may be running`
    : isHere
      ? `${who} is not running`
      : `${who} cannot be seen from ${host}`;
  return [...diagnoses, { check: "driver", status: "ok", what }];
}

const syncCount = 10;

async function probeWriting(
  address: string,
  { clock, nonce }: Machine,
  { store: storeOptions = {} }: InspectOptions,
): Promise<readonly Diagnosis[]> {
  const { compress: _, encrypt: __, ...plain } = storeOptions;
  const diagnoses: Diagnosis[] = [];
  let store: Store | undefined;
  const name = `doctor-${nonce}`;
  try {
    store = await openStore(address, plain);
    const bytes = new TextEncoder().encode("probe");
    await store.create(name, bytes);
    const again = await store.create(name, bytes);
    diagnoses.push({
      check: "conditional writes",
      status: again === "taken" ? "ok" : "failed",
      what:
        again === "taken" ? "a name is given once" : "a name was given twice: nothing is safe here",
    });
    diagnoses.push(await probeSync(store, `${name}.log`, clock));
  } catch (error) {
    diagnoses.push({ check: "conditional writes", status: "failed", what: messageOf(error) });
  } finally {
    await store?.delete(name).catch(() => {});
    await store?.delete(`${name}.log`).catch(() => {});
    await store?.close();
  }
  return diagnoses;
}

async function probeSync(store: Store, name: string, clock: Clock): Promise<Diagnosis> {
  if (store.openLog === undefined) {
    const what = "it makes objects only: each commit is one object";
    return { check: "sync", status: "ok", what };
  }
  const log = await store.openLog(name);
  const durations: number[] = [];
  try {
    for (let index = 0; index < syncCount; index += 1) {
      const beganMs = clock.monotonicNow();
      await log.append(new Uint8Array(4096));
      await log.sync();
      durations.push(clock.monotonicNow() - beganMs);
    }
  } finally {
    await log.close();
  }
  const median = durations.toSorted((a, b) => a - b)[syncCount / 2] ?? 0;
  const what = `4 KiB are durable after ${median.toFixed(1)} ms (median of ${syncCount})`;
  return { check: "sync", status: median > slowSyncMs ? "warning" : "ok", what };
}

/** With more, acknowledgements wait noticeably. */
const slowSyncMs = 100;
