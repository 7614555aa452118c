import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ProcessIdentity } from "../../../src/base/index.ts";
import { LocalStore, type Store } from "../../../src/store/index.ts";
import { ManualClock } from "../../../src/testing/manual-clock.ts";
import { type CountedCall, type FileFault, SimulatedFiles } from "../../support/simulated-files.ts";

const root = "/srv/ckpt";
const code = (expected: string) => expect.objectContaining({ code: expected });
const bytes = (text: string) => new TextEncoder().encode(text);

function identity(given: Partial<ProcessIdentity> = {}): ProcessIdentity {
  let number = 0;
  const nextNumber = () => number++;
  return { host: "here", pid: 7, life: "now", isRunning: () => false, nextNumber, ...given };
}

function storeOn(
  files: SimulatedFiles,
  process = identity(),
  clock = new ManualClock(),
): LocalStore {
  return new LocalStore(root, { files, process, clock });
}

async function namesIn(store: Store): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of store.list("")) names.push(name);
  return names;
}

/** A fault of every call that does this, or of those whose path has a text in it. */
function faultOf(does: CountedCall["does"], errno: string, within = "") {
  return (call: CountedCall): FileFault | undefined =>
    call.does === does && call.path.includes(within) ? { errno } : undefined;
}

describe("errors of the files", () => {
  test.each([
    ["append", "ENOSPC", "store_full"],
    ["sync", "EDQUOT", "store_full"],
    ["create", "EACCES", "store_denied"],
    ["makeDirectory", "EROFS", "store_denied"],
    ["create", "EMFILE", "store_write_failed"],
    ["close", "EIO", "store_write_failed"],
    ["link", "EIO", "store_write_failed"],
    ["link", "EPERM", "store_unfit"],
    ["link", "EOPNOTSUPP", "store_unfit"],
    ["link", "EXDEV", "store_unfit"],
    ["syncDirectory", "EIO", "store_write_failed"],
  ] as const)("a creation whose %s fails with %s is %s", async (does, errno, expected) => {
    const store = storeOn(new SimulatedFiles({ fault: faultOf(does, errno) }));
    await expect(store.create("a/b", bytes("x"))).rejects.toMatchObject({
      code: expected,
      details: { store: `file:${root}`, name: "a/b" },
      cause: { code: errno },
    });
  });

  test.each([
    ["read", "EIO", "store_read_failed"],
    ["read", "EACCES", "store_denied"],
    ["stat", "EIO", "store_read_failed"],
    ["syncFile", "EIO", "store_read_failed"],
  ] as const)("a read whose %s fails with %s is %s", async (does, errno, expected) => {
    const files = new SimulatedFiles();
    await storeOn(files).create("a", bytes("x"));
    const fault = faultOf(does, errno, "ckpt/a");
    const store = storeOn(new SimulatedFiles({ disk: files.disk, fault }));
    await expect(store.read("a")).rejects.toEqual(code(expected));
  });

  test("a listing and a deletion that fail say so", async () => {
    const files = new SimulatedFiles();
    await storeOn(files).create("a", bytes("x"));
    const fault = (call: CountedCall) =>
      call.does === "readDirectory" || call.does === "unlink" ? { errno: "EIO" } : undefined;
    const store = storeOn(new SimulatedFiles({ disk: files.disk, fault }));
    await expect(namesIn(store)).rejects.toEqual(code("store_read_failed"));
    await expect(store.delete("a")).rejects.toEqual(code("store_write_failed"));
  });

  test("a log that fails to open, and one that fails later, tell which", async () => {
    const full = storeOn(new SimulatedFiles({ fault: faultOf("create", "ENOSPC") }));
    await expect(full.openLog("l")).rejects.toEqual(code("store_full"));
    const failing = storeOn(new SimulatedFiles({ fault: faultOf("sync", "EIO") }));
    const log = await failing.openLog("l");
    await log.append(bytes("x"));
    await expect(log.sync()).rejects.toMatchObject({
      code: "store_write_failed",
      details: { store: `file:${root}`, name: "l" },
    });
  });

  test("a directory of the user that is a file is a fault of the address", async () => {
    const files = new SimulatedFiles();
    await files.makeDirectory("/srv");
    await (await files.create(root)).close();
    await expect(storeOn(files).create("a", bytes("x"))).rejects.toMatchObject({
      code: "address_invalid",
      details: { path: root },
    });
    expect(await storeOn(files).has("a")).toBe(false);
    expect(await namesIn(storeOn(files))).toEqual([]);
  });

  test("directories above that others own need not be synced, those of the store must", async () => {
    const files = new SimulatedFiles();
    await files.makeDirectory("/srv");
    await files.makeDirectory(root);
    const denied = (path: string) => (call: CountedCall) =>
      call.does === "syncDirectory" && call.path === path ? { errno: "EACCES" } : undefined;
    const above = storeOn(new SimulatedFiles({ disk: files.disk, fault: denied("/srv") }));
    expect(await above.create("a", bytes("x"))).toBe("created");
    const own = storeOn(new SimulatedFiles({ disk: files.disk, fault: denied(root) }));
    await expect(own.create("a", bytes("x"))).rejects.toEqual(code("store_denied"));
  });
});

describe("a failed creation", () => {
  test.each(["append", "sync", "close", "link"] as const)(
    "leaves no unfinished file when %s has failed",
    async (does) => {
      const files = new SimulatedFiles({ fault: faultOf(does, "EIO") });
      await expect(storeOn(files).create("a", bytes("x"))).rejects.toEqual(
        code("store_write_failed"),
      );
      expect([...files.disk.files().keys()]).toEqual([]);
    },
  );

  test("leaves no unfinished file when its content has failed", async () => {
    const files = new SimulatedFiles();
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytes("x");
      throw new Error("enough");
    }
    await expect(storeOn(files).create("a", failing())).rejects.toThrow("enough");
    expect([...files.disk.files().keys()]).toEqual([]);
    expect(files.openFiles).toBe(0);
  });

  test("ends the content that it was given", async () => {
    const files = new SimulatedFiles({ fault: faultOf("append", "ENOSPC") });
    let hasEnded = false;
    async function* content(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytes("x");
      } finally {
        hasEnded = true;
      }
    }
    await expect(storeOn(files).create("a", content())).rejects.toEqual(code("store_full"));
    expect(hasEnded).toBe(true);
  });

  test("is survived by the store: the next one is made when there is room again", async () => {
    let isFull = true;
    const fault = () => (isFull ? { errno: "ENOSPC" } : undefined);
    const files = new SimulatedFiles({ fault });
    const store = storeOn(files);
    await expect(store.create("a/b", bytes("x"))).rejects.toEqual(code("store_full"));
    isFull = false;
    expect(await store.create("a/b", bytes("x"))).toBe("created");
  });
});

describe("what another process left in the memory of the system", () => {
  const afterPowerLoss = (files: SimulatedFiles) =>
    storeOn(new SimulatedFiles({ disk: files.disk.afterPowerLoss() }));

  test("a name that was found taken stays taken", async () => {
    const fault = faultOf("syncDirectory", "EIO", "ckpt/epoch");
    const first = new SimulatedFiles({ fault });
    await expect(storeOn(first).create("epoch/1", bytes("mine"))).rejects.toEqual(
      code("store_write_failed"),
    );
    const second = new SimulatedFiles({ disk: first.disk });
    expect(await storeOn(second).create("epoch/1", bytes("other"))).toBe("taken");
    expect(Buffer.from(await afterPowerLoss(second).read("epoch/1")).toString()).toBe("mine");
  });

  test("what was read of a log stays, and of what it grows by what is read later", async () => {
    const first = new SimulatedFiles();
    await (await storeOn(first).openLog("log")).append(bytes("one"));
    const files = new SimulatedFiles({ disk: first.disk });
    const file = files.disk.find(`${root}/log`);
    if (typeof file === "string") throw new Error(file);
    const reader = storeOn(files);
    expect((await reader.readRange("log", 0, 100)).length).toBe(3);
    files.disk.apply({ does: "write", node: file.number, bytes: bytes("two") });
    expect((await reader.readRange("log", 0, 100)).length).toBe(6);
    expect(Buffer.from(await afterPowerLoss(files).read("log")).toString()).toBe("onetwo");
  });

  test("what is read again and again is synced once", async () => {
    const files = new SimulatedFiles();
    await storeOn(files).create("a", bytes("0123456789"));
    const reader = storeOn(files);
    await reader.read("a");
    const before = files.calls.length;
    await reader.read("a");
    await reader.readRange("a", 3, 4);
    expect(files.calls.slice(before).map(({ does }) => does)).toEqual(["read", "readRange"]);
  });

  test("is read by those as well who may not write", async () => {
    const files = new SimulatedFiles();
    await storeOn(files).create("a", bytes("x"));
    const fault = (call: CountedCall): FileFault | undefined =>
      ["syncDirectory", "syncFile"].includes(call.does) ? { errno: "EROFS" } : undefined;
    const reader = storeOn(new SimulatedFiles({ disk: files.disk, fault }));
    expect(Buffer.from(await reader.read("a")).toString()).toBe("x");
  });
});

describe("leftovers", () => {
  const day = 24 * 60 * 60 * 1000;
  const at = (name: string) => `${root}/~unfinished/${name}`;

  async function leftovers(...names: string[]): Promise<SimulatedFiles> {
    const files = new SimulatedFiles();
    for (const path of ["/srv", root, `${root}/~unfinished`]) await files.makeDirectory(path);
    for (const name of names) await (await files.create(at(name))).close();
    return files;
  }

  const left = (files: SimulatedFiles) =>
    [...files.disk.files().keys()]
      .filter((path) => path.includes("~"))
      .map((path) => path.slice(at("").length));

  test("of the dead on this host go with the first creation, of the living stay", async () => {
    const files = await leftovers("here~1~a~0", "here~2~a~0", "here~7~before~3", "here~7~now~99");
    const process = identity({ isRunning: (pid) => pid === 2 });
    const store = storeOn(files, process);
    expect(await namesIn(store)).toEqual([]);
    expect(left(files)).toHaveLength(4);
    await store.create("a", bytes("x"));
    expect(left(files)).toEqual(["here~2~a~0", "here~7~now~99"]);
    expect(await namesIn(store)).toEqual(["a"]);
  });

  test("of other hosts stay for a day, and foreign files for ever", async () => {
    const names = ["there~1~a~0", "notes.txt", "here~2~a~0"];
    const files = await leftovers(...names);
    const process = identity({ isRunning: () => true });
    const clock = new ManualClock(day);
    await storeOn(files, process, clock).create("a", bytes("x"));
    expect(left(files)).toEqual(names);
    await clock.advance(1);
    await storeOn(files, process, clock).create("b", bytes("x"));
    expect(left(files)).toEqual(["notes.txt"]);
  });

  test("a host of any name can be told by it", async () => {
    const files = new SimulatedFiles({ fault: faultOf("unlink", "EIO") });
    await storeOn(files, identity({ host: "ho~st/ü" })).create("a", bytes("x"));
    expect(left(files)).toEqual(["ho-st--~7~now~0"]);
    const next = new SimulatedFiles({ disk: files.disk });
    await storeOn(next, identity({ host: "ho~st/ü", pid: 8 })).create("b", bytes("x"));
    expect(left(next)).toEqual([]);
  });

  test("that cannot be removed hinder nobody", async () => {
    const files = await leftovers("here~1~a~0");
    const fault = faultOf("unlink", "EACCES");
    const store = storeOn(new SimulatedFiles({ disk: files.disk, fault }));
    expect(await store.create("a", bytes("x"))).toBe("created");
  });
});

test("a large content is synced on the way", async () => {
  const files = new SimulatedFiles();
  async function* content(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < 20; index++) yield new Uint8Array(1024 * 1024);
  }
  await storeOn(files).create("large", content());
  expect(files.calls.filter(({ does }) => does === "sync")).toHaveLength(3);
});

test("nothing is made by those who only look", async () => {
  const files = new SimulatedFiles();
  const store = storeOn(files);
  expect(await namesIn(store)).toEqual([]);
  expect(await store.has("a")).toBe(false);
  await store.delete("a");
  await expect(store.read("a")).rejects.toEqual(code("store_missing"));
  await store.close();
  expect(typeof files.disk.find("/srv")).toBe("string");
});

describe("on the disk of this machine", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "millrace-local-"));
  });
  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  test("a folder that is a link is listed, and files that no object could be are not", async () => {
    await mkdir(join(directory, "elsewhere"));
    await mkdir(join(directory, "ckpt"));
    await symlink(join(directory, "elsewhere"), join(directory, "ckpt", "state"));
    await symlink(join(directory, "nowhere"), join(directory, "ckpt", "broken"));
    await writeFile(join(directory, "ckpt", "not a name"), "");
    await writeFile(join(directory, "ckpt", "~backup"), "");
    const store = new LocalStore(join(directory, "ckpt"));
    await store.create("state-0", bytes("x"));
    await store.create("state/b", bytes("x"));
    expect(await namesIn(store)).toEqual(["state-0", "state/b"]);
  });
});
