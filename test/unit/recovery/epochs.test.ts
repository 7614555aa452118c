import { describe, expect, test } from "vitest";
import {
  claimEpoch,
  EpochFence,
  type EpochRecord,
  holderOf,
  isLivingTaker,
  newestEpoch,
  readEpoch,
} from "../../../src/recovery/epochs.ts";
import { epochName } from "../../../src/recovery/layout.ts";
import { MemoryStore, type Store } from "../../../src/store/index.ts";
import { caught, settle } from "../context/driven-context.ts";

let storeNumber = 0;
const newStore = (): Store => new MemoryStore(`epochs-${storeNumber++}`);

const record = (epoch: number, pid = 10): EpochRecord => ({
  epoch,
  applicationName: "counts",
  host: "here",
  pid,
  startedAtMs: 5000,
  nonce: `nonce-${pid}`,
});

/** Counts the probes for one name, and holds them until told. */
class ProbedStore {
  readonly probes: (() => void)[] = [];
  readonly store: Store;

  constructor(store: Store) {
    const probes = this.probes;
    this.store = new Proxy(store, {
      get(target, key) {
        const value = Reflect.get(target, key);
        if (typeof value !== "function") return value;
        if (key !== "has") return value.bind(target);
        return async (name: string) => {
          // What is there is seen when the probe is answered, not when it was asked.
          await new Promise<void>((resolve) => probes.push(resolve));
          return target.has(name);
        };
      },
    });
  }

  async answer(): Promise<void> {
    for (const open of this.probes.splice(0)) open();
    await settle();
  }
}

describe("an epoch", () => {
  test("row 25: has exactly one owner of all who claim it at once, and the others learn who it is", async () => {
    const store = newStore();
    const pids = Array.from({ length: 20 }, (_, index) => 100 + index);
    const claims = await Promise.allSettled(
      pids.map((pid) => claimEpoch(store, record(1, pid)).then(() => pid)),
    );
    const winners = claims.flatMap((claim) => (claim.status === "fulfilled" ? [claim.value] : []));
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    for (const claim of claims) {
      if (claim.status === "fulfilled") continue;
      expect(claim.reason).toMatchObject({
        code: "epoch_superseded",
        details: { epoch: 1, host: "here", pid: winner },
      });
    }
  });

  test("is the newest of which there is a record, and 0 before the first", async () => {
    const store = newStore();
    expect(await newestEpoch(store)).toBe(0);
    for (const epoch of [1, 2, 10]) await claimEpoch(store, record(epoch));
    expect(await newestEpoch(store)).toBe(10);
    expect(await newestEpoch(store, 10)).toBe(10);
  });

  test("is told in words of the machine, the process and the time", async () => {
    const store = newStore();
    await claimEpoch(store, record(1));
    expect(holderOf(await readEpoch(store, 1))).toEqual({
      host: "here",
      pid: 10,
      since: "1970-01-01T00:00:05.000Z",
    });
  });

  test("counts as claimed also where its record cannot be read", async () => {
    const store = newStore();
    await store.create(epochName(1), new TextEncoder().encode("{ torn"));
    expect(await readEpoch(store, 1)).toBeUndefined();
    expect(holderOf(undefined)).toEqual({});
    expect(await newestEpoch(store)).toBe(1);
    expect(await caught(claimEpoch(store, record(1)))).toMatchObject({ code: "epoch_superseded" });
  });
});

describe("a driver that took over without the lock", () => {
  const taker = { ...record(2), tookOver: true, processBeginning: "boot 5" };
  const process = (beginning: string | undefined, host = "here", pid = 11) => ({
    host,
    pid,
    beginningOf: () => beginning,
  });

  test("lives where its process is the one that claimed the epoch", () => {
    expect(isLivingTaker(taker, process("boot 5"))).toBe(true);
  });

  test("does not keep others off by a pid that came again, from another host, as the one that asks, or with the lock", () => {
    expect(isLivingTaker(taker, process("boot 6"))).toBe(false);
    expect(isLivingTaker(taker, process(undefined))).toBe(false);
    expect(isLivingTaker(taker, process("boot 5", "there"))).toBe(false);
    expect(isLivingTaker(taker, process("boot 5", "here", 10))).toBe(false);
    expect(isLivingTaker({ ...taker, tookOver: false }, process("boot 5"))).toBe(false);
    expect(isLivingTaker(undefined, process("boot 5"))).toBe(false);
  });
});

describe("the fence of an epoch", () => {
  test("lets pass until there is the next epoch, then nobody any more", async () => {
    const store = newStore();
    const fence = new EpochFence(store, 1);
    await fence.assertLeading();
    await claimEpoch(store, record(2, 77));
    for (let time = 0; time < 2; time += 1) {
      const error = await caught(fence.assertLeading());
      expect(error).toMatchObject({ code: "epoch_superseded", details: { epoch: 2, pid: 77 } });
    }
  });

  test("asks once for all who come while a probe is under way, after they came", async () => {
    const probed = new ProbedStore(newStore());
    const fence = new EpochFence(probed.store, 1);
    const all = Array.from({ length: 10 }, () => fence.assertLeading());
    await settle();
    expect(probed.probes).toHaveLength(1);
    await probed.answer();
    expect(probed.probes).toHaveLength(1);
    await probed.answer();
    await Promise.all(all);
    expect(probed.probes).toHaveLength(0);
  });

  test("row 26: does not let pass who came after a probe began, by what that probe found", async () => {
    const store = newStore();
    const probed = new ProbedStore(store);
    const fence = new EpochFence(probed.store, 1);
    const early = fence.assertLeading();
    const late = fence.assertLeading();
    late.catch(() => {});
    await settle();
    await probed.answer();
    await early;
    await claimEpoch(store, record(2));
    for (let round = 0; round < 3; round += 1) await probed.answer();
    expect(await caught(late)).toMatchObject({ code: "epoch_superseded" });
  });
});
