/** The rows 20 to 24 of the fault table, and their neighbours, over HTTP against a server that errs on command. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StreamError } from "../../src/base/index.ts";
import type { Store } from "../../src/store/index.ts";
import { namesOf } from "../conformance/store/store-under-test.ts";
import { faults, openOn } from "../support/s3-fixture.ts";
import { type S3Fault, S3Server } from "../support/s3-server.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (content: string): Uint8Array => Buffer.from(content);

let server: S3Server;
let store: Store;

beforeEach(async () => {
  server = await S3Server.start();
  store = await openOn(server);
});

afterEach(async () => {
  await store.close();
  await server.close();
});

describe("fault 20: a put that is not answered, or with 5xx", () => {
  const passing: readonly (readonly [string, S3Fault])[] = [
    ["503 SlowDown", { refuse: [503, "SlowDown"] }],
    ["500 InternalError", { refuse: [500, "InternalError"] }],
    ["429", { refuse: [429, "TooManyRequests"] }],
    ["400 RequestTimeout", { refuse: [400, "RequestTimeout"] }],
    ["a connection cut before the effect", { cut: "before" }],
  ];
  test.each(passing)("%s is tried again until it is there, once", async (_name, fault) => {
    server.hook = faults("put", fault, fault, fault);
    expect(await store.create("a", bytes("1"))).toBe("created");
    expect(text(await store.read("a"))).toBe("1");
    expect(
      server.requests.filter(({ action, key }) => action === "put" && key === "app/a"),
    ).toHaveLength(4);
    expect(await namesOf(store, "")).toEqual(["a"]);
  });

  test("a request without an answer is given up after its time and tried again", async () => {
    const hasty = await openOn(server, { requestTimeoutMs: 1_000 });
    server.hook = faults("put", { delayMs: 60_000 });
    expect(await hasty.create("a", bytes("1"))).toBe("created");
    await hasty.close();
  });

  test("a server that is down for good ends in store_unreachable after so many tries", async () => {
    const hasty = await openOn(server, { attemptsMax: 3 });
    server.hook = () => ({ refuse: [503, "SlowDown"] });
    const failure = await hasty.create("a", bytes("1")).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "store_unreachable", kind: "unavailable" });
    expect(String(failure)).toMatch(/attempts=`3`.*operation=`create`.*name=`a`/);
    expect(server.requests.filter(({ key }) => key === "app/a")).toHaveLength(3);
    server.hook = () => undefined;
    expect(await hasty.create("a", bytes("2"))).toBe("created");
    await hasty.close();
  });

  test("reads, questions, listings and deletions are tried again as well", async () => {
    await store.create("a", bytes("12345"));
    const slow: S3Fault = { refuse: [503, "SlowDown"] };
    server.hook = faults("get", slow, { cut: "within" }, { cut: "before" });
    expect(text(await store.read("a"))).toBe("12345");
    server.hook = faults("get", { cut: "within" });
    expect(text(await store.readRange("a", 1, 3))).toBe("234");
    server.hook = faults("get", slow);
    expect(await store.has("a")).toBe(true);
    server.hook = faults("list", slow, { cut: "within" });
    expect(await namesOf(store, "")).toEqual(["a"]);
    server.hook = faults("delete", { cut: "after" });
    await store.delete("a");
    expect(await store.has("a")).toBe(false);
  });
});

describe("fault 21: a put whose answer is lost", () => {
  const lost: readonly (readonly [string, S3Fault])[] = [
    ["the connection is cut after the effect", { cut: "after" }],
    ["503 after the effect", { refuse: [503, "SlowDown"], when: "after" }],
  ];
  test.each(lost)(
    "%s: the 412 of the next try is known as our own success",
    async (_name, fault) => {
      server.hook = faults("put", fault);
      expect(await store.create("a", bytes("1"))).toBe("created");
      expect(await store.create("a", bytes("1"))).toBe("taken");
    },
  );

  test("an answer that comes too late counts for nothing, the object for ours", async () => {
    const hasty = await openOn(server, { requestTimeoutMs: 1_000 });
    server.hook = faults("put", { delayMs: 60_000 });
    expect(await hasty.create("a", bytes("1"))).toBe("created");
    expect(server.requests.at(-1)).toMatchObject({ action: "head", key: "app/a" });
    await hasty.close();
  });

  test("a 412 for somebody else's object is taken, even with the same bytes and after a lost answer", async () => {
    const other = await openOn(server);
    await other.create("a", bytes("1"));
    server.hook = faults("put", { cut: "before" });
    expect(await store.create("a", bytes("1"))).toBe("taken");
    await other.close();
  });

  test("reading back is tried again, and its failure is not taken for an answer", async () => {
    const hasty = await openOn(server, { attemptsMax: 2 });
    const busy: S3Fault = { refuse: [503, "SlowDown"] };
    server.hook = ({ action }) => (action === "head" ? busy : { cut: "after" });
    await expect(hasty.create("a", bytes("1"))).rejects.toMatchObject({
      code: "store_unreachable",
    });
    server.hook = ({ action, index }) => (action === "head" && index % 2 === 0 ? busy : undefined);
    expect(await hasty.create("a", bytes("1"))).toBe("taken");
    await hasty.close();
  });

  test("an object that is gone when it is read back had the name", async () => {
    await store.create("a", bytes("1"));
    server.hook = ({ action }) => {
      if (action === "head") server.bucket.objects.delete("app/a");
      return undefined;
    };
    expect(await store.create("a", bytes("2"))).toBe("taken");
  });
});

describe("fault 22: 409 on a create", () => {
  const conflict: S3Fault = { refuse: [409, "ConditionalRequestConflict"] };

  test("it decides nothing, so the create is tried again and succeeds", async () => {
    server.hook = faults("put", conflict, conflict);
    expect(await store.create("a", bytes("1"))).toBe("created");
    expect(text(await store.read("a"))).toBe("1");
  });

  test("it decides nothing, so the create is tried again and finds who won", async () => {
    server.bucket.put({ key: "app/a", bytes: Buffer.from("2"), metadata: {}, onlyIfNew: true });
    server.hook = faults("put", conflict);
    expect(await store.create("a", bytes("1"))).toBe("taken");
  });

  test("without end it is an error, and never taken for an object that is there", async () => {
    const hasty = await openOn(server, { attemptsMax: 4 });
    server.hook = ({ action }) => (action === "put" ? conflict : undefined);
    await expect(hasty.create("a", bytes("1"))).rejects.toMatchObject({
      code: "store_unreachable",
    });
    await hasty.close();
  });

  test("another 409 is no conflict: it is told at once", async () => {
    server.hook = faults("put", { refuse: [409, "ObjectParentIsFile"] });
    const failure = await store.create("a", bytes("1")).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "store_write_failed" });
    expect(String(failure)).toContain("ObjectParentIsFile");
  });
});

describe("fault 23: a listing that is not whole", () => {
  const names = Array.from({ length: 12 }, (_, index) => `n/${String(index).padStart(2, "0")}`);
  let paged: S3Server;
  let pagedStore: Store;

  beforeEach(async () => {
    paged = await S3Server.start({ pageKeysMax: 5 });
    pagedStore = await openOn(paged);
    for (const name of names) await pagedStore.create(name, bytes("1"));
  });

  afterEach(async () => {
    await pagedStore.close();
    await paged.close();
  });

  test("all pages are read", async () => {
    expect(await namesOf(pagedStore, "n/")).toEqual(names);
  });

  const cut: readonly (readonly [string, S3Fault])[] = [
    [
      "a page cut within, which counts more keys than came, is asked for again",
      { pageKeys: 2, says: "count" },
    ],
    [
      "a page cut within, whose mark stands behind what did not come, loses nothing",
      { pageKeys: 2, says: "truncated" },
    ],
    ["a first page that says it is the last loses nothing", { pageKeys: 5, says: "end" }],
    ["a page cut within that says it is the last loses nothing", { pageKeys: 1, says: "end" }],
    ["a page in another order is asked for again", { reorder: (keys) => keys.toReversed() }],
  ];
  test.each(cut)("%s", async (_claim, fault) => {
    paged.hook = faults("list", {}, fault);
    expect(await namesOf(pagedStore, "n/")).toEqual(names);
    paged.hook = faults("list", fault);
    expect(await namesOf(pagedStore, "n/", "n/03")).toEqual(names.slice(4));
  });

  test("a page that contradicts itself each time is refused, never taken for the end", async () => {
    const hasty = await openOn(paged, { attemptsMax: 3 });
    paged.hook = ({ action }) => (action === "list" ? { pageKeys: 2, says: "count" } : undefined);
    await expect(namesOf(hasty, "n/")).rejects.toMatchObject({ code: "store_read_failed" });
    await hasty.close();
  });

  test("keys of other scripts come in the order of their bytes, and the same order as strings is refused", async () => {
    const hasty = await openOn(paged, { attemptsMax: 2 });
    // U+FF5E is behind U+1F600 as a JavaScript string, and before it in UTF-8.
    for (const key of ["app/u/\u{1f600}", "app/u/\uff5e"]) {
      paged.bucket.put({ key, bytes: Buffer.from("1"), metadata: {}, onlyIfNew: true });
    }
    expect(await namesOf(hasty, "u/")).toEqual(["u/\uff5e", "u/\u{1f600}"]);
    paged.hook = ({ action }) =>
      action === "list" ? { reorder: (keys) => keys.toSorted() } : undefined;
    await expect(namesOf(hasty, "u/")).rejects.toMatchObject({ code: "store_read_failed" });
    await hasty.close();
  });
});

describe("fault 24: a store that ignores If-None-Match", () => {
  test("is refused when it is opened, and nothing of the probe stays", async () => {
    server.hook = () => ({ ignoreConditions: true });
    const failure = await openOn(server).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "store_unfit" });
    expect(String(failure)).toContain("it wrote over an object despite If-None-Match");
    expect([...server.bucket.objects.keys()]).toEqual([]);
  });

  test("is refused when it says that it does not know the header", async () => {
    server.hook = faults("put", { refuse: [501, "NotImplemented"] });
    await expect(openOn(server)).rejects.toMatchObject({ code: "store_unfit" });
  });

  test("is refused when it drops the metadata by which a maker is known", async () => {
    server.hook = ({ action }) => {
      if (action === "head")
        for (const [key, object] of server.bucket.objects)
          server.bucket.objects.set(key, { ...object, metadata: {} });
      return undefined;
    };
    await expect(openOn(server)).rejects.toMatchObject({ code: "store_unfit" });
    expect([...server.bucket.objects.keys()]).toEqual([]);
  });

  test("a fit one is opened through lost answers and conflicts, and nothing of the probe stays", async () => {
    const rough: S3Fault[] = [
      { cut: "after" },
      {},
      { refuse: [409, "ConditionalRequestConflict"] },
    ];
    server.hook = faults("put", ...rough);
    const opened = await openOn(server);
    await opened.close();
    expect([...server.bucket.objects.keys()]).toEqual([]);
  });
});

describe("what cannot be helped is told when the store is opened", () => {
  const refusals: readonly (readonly [string, number, string, string])[] = [
    ["refused credentials", 403, "SignatureDoesNotMatch", "store_denied"],
    ["an unknown key", 403, "InvalidAccessKeyId", "store_denied"],
    ["an expired session", 400, "ExpiredToken", "store_denied"],
    ["missing permissions", 403, "AccessDenied", "store_denied"],
    ["a quota that is used up", 403, "QuotaExceeded", "store_full"],
  ];
  test.each(refusals)("%s, after one try", async (_name, status, code, expected) => {
    const before = server.requests.length;
    server.hook = () => ({ refuse: [status, code] });
    await expect(openOn(server)).rejects.toMatchObject({ code: expected });
    expect(server.requests.length - before).toBe(1);
  });

  test("a permission to write, or to delete, that is missing", async () => {
    for (const action of ["put", "delete"]) {
      server.hook = (request) =>
        request.action === action ? { refuse: [403, "AccessDenied"] } : undefined;
      await expect(openOn(server)).rejects.toMatchObject({ code: "store_denied" });
    }
  });

  test("a bucket that does not exist", async () => {
    const failure = await openOn(server, { address: "s3://nowhere/app" }).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(StreamError);
    expect(failure).toMatchObject({ code: "store_bucket_missing", kind: "usage" });
    expect(String(failure)).toContain("store=`s3://nowhere/app`");
  });

  test("an endpoint where nobody listens", async () => {
    const gone = await S3Server.start();
    const { endpoint } = gone;
    await gone.close();
    const opening = openOn(server, { endpoint, attemptsMax: 2 });
    await expect(opening).rejects.toMatchObject({ code: "store_unreachable" });
  });
});

test("of twenty that create one name at once exactly one has created it, and its bytes are there", async () => {
  const racers = await Promise.all(Array.from({ length: 20 }, () => openOn(server)));
  for (let round = 0; round < 5; round++) {
    // Lost answers and conflicts among them, so that the winner has to find out.
    server.hook = ({ action, index }) => {
      if (action !== "put") return undefined;
      if (index % 3 === 0) return { cut: "after" };
      return index % 3 === 1 ? { refuse: [409, "ConditionalRequestConflict"] } : undefined;
    };
    const creations = await Promise.all(
      racers.map((racer, index) => racer.create(`race/${round}`, bytes(String(index)))),
    );
    expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
    expect(text(await store.read(`race/${round}`))).toBe(String(creations.indexOf("created")));
  }
  await Promise.all(racers.map((racer) => racer.close()));
});
