/** What is particular to the store in S3; what every store does is in test/conformance. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { openS3Store, type Store } from "../../../src/store/index.ts";
import { namesOf } from "../../conformance/store/store-under-test.ts";
import { openOn } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

let server: S3Server;
let store: Store;

beforeEach(async () => {
  server = await S3Server.start({ pageKeysMax: 3 });
  store = await openOn(server);
});

afterEach(async () => {
  await store.close();
  await server.close();
});

test("objects stand under the prefix of the address, and what stands elsewhere is not seen", async () => {
  await store.create("a/b", Buffer.from("1"));
  for (const key of ["app", "app2/a", "a", "apo/a"]) {
    server.bucket.put({ key, bytes: Buffer.from("x"), metadata: {}, onlyIfNew: true });
  }
  expect(server.bucket.objects.has("app/a/b")).toBe(true);
  expect(await namesOf(store, "")).toEqual(["a/b"]);
  expect(store.address).toBe("s3://bucket/app");
});

test("an address without a prefix has the whole bucket", async () => {
  const root = await openOn(server, { address: "s3://bucket" });
  await store.create("a", Buffer.from("1"));
  await root.create("b", Buffer.from("1"));
  expect(await namesOf(root, "")).toEqual(["app/a", "b"]);
  expect(root.address).toBe("s3://bucket");
  await root.close();
});

test("what consoles make as a folder is no object of the store", async () => {
  server.bucket.put({ key: "app/", bytes: Buffer.alloc(0), metadata: {}, onlyIfNew: true });
  await store.create("a", Buffer.from("1"));
  expect(await namesOf(store, "")).toEqual(["a"]);
});

test("a probe under way is not seen, and one that was left is removed a day later", async () => {
  const dayMs = 24 * 60 * 60 * 1_000;
  const nowMs = Date.now();
  const probe = (timeMs: number): string => `app/.probe/${String(timeMs).padStart(15, "0")}-x`;
  for (const ageMs of [2 * dayMs, 1_000]) {
    const key = probe(nowMs - ageMs);
    server.bucket.put({ key, bytes: Buffer.alloc(0), metadata: {}, onlyIfNew: true });
  }
  const later = await openOn(server);
  expect(await namesOf(later, "")).toEqual([]);
  expect([...server.bucket.objects.keys()]).toEqual([probe(nowMs - 1_000)]);
  await later.close();
});

test("opening costs five requests, an object one", async () => {
  expect(server.requests.map(({ action }) => action)).toEqual([
    "list",
    "put",
    "put",
    "head",
    "delete",
  ]);
  const before = server.requests.length;
  await store.create("a", Buffer.from("1"));
  expect(server.requests.length - before).toBe(1);
});

test("a range of a server that answers the whole object is cut out of it", async () => {
  await store.create("a", Buffer.from("0123456789"));
  expect(text(await store.readRange("a", 3, 4))).toBe("3456");
  expect(text(await store.readRange("a", 11, 4))).toBe("");
  server.ignoresRanges = true;
  expect(text(await store.readRange("a", 3, 4))).toBe("3456");
  expect(text(await store.readRange("a", 8, 4))).toBe("89");
  expect(text(await store.readRange("a", 11, 4))).toBe("");
});

test("a name is free only where the bucket says so: no refusal is taken for it", async () => {
  await store.create("empty", new Uint8Array());
  expect(await store.has("empty")).toBe(true);
  expect(await store.has("nothing")).toBe(false);
  for (const [status, code, expected] of [
    [404, "NoSuchBucket", "store_bucket_missing"],
    [404, "SomethingElse", "store_read_failed"],
    [403, "AccessDenied", "store_denied"],
  ] as const) {
    server.hook = () => ({ refuse: [status, code] });
    await expect(store.has("nothing")).rejects.toMatchObject({ code: expected });
  }
});

test("it has no logs, as its medium cannot append", () => {
  expect(store.openLog).toBeUndefined();
});

test("what is under way when it is closed ends, and what comes later is refused", async () => {
  server.hook = () => ({ delayMs: 10_000 });
  const hanging = store.create("a", Buffer.from("1"));
  hanging.catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
  await store.close();
  await store.close();
  await expect(hanging).rejects.toMatchObject({ code: "store_closed" });
  await expect(store.read("a")).rejects.toMatchObject({ code: "store_closed" });
});

test.each([
  [{ attemptsMax: 0 }, "attemptsMax=`0`"],
  [{ requestTimeoutMs: 1.5 }, "requestTimeoutMs=`1.5`"],
  [{ deadlineMs: -1 }, "deadlineMs=`-1`"],
  [{ partBytes: 1_024 }, "partBytes=`1024`"],
  [{ endpoint: "nonsense" }, "endpoint=`nonsense`"],
])("the option %j is refused before anything is asked", async (options, said) => {
  const before = server.requests.length;
  const opening = openS3Store("s3://bucket", { endpoint: server.endpoint, ...options });
  await expect(opening).rejects.toMatchObject({ code: "argument_invalid" });
  await expect(openS3Store("s3://bucket", { ...options })).rejects.toThrow(said);
  expect(server.requests.length).toBe(before);
});
