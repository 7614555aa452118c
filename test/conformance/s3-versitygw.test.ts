/**
 * The store in S3 on a real server, written by others: what an in-process server of ours would only prove to itself.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openS3Store, type S3StoreOptions, type Store } from "../../src/store/index.ts";
import { fixtureOf } from "../support/store-fixtures.ts";
import { printPassedCases } from "../support/test-servers.ts";
import { RealS3Server, versitygw } from "../support/versitygw.ts";
import { namesOf } from "./store/store-under-test.ts";
import { storeSuite } from "./store.suite.ts";

const partBytes = 5 * 1024 * 1024;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe.skipIf(versitygw.isSkipped)("on versitygw", () => {
  printPassedCases(versitygw);
  let server: RealS3Server;
  const opened: Store[] = [];

  beforeAll(async () => {
    server = await RealS3Server.start();
  });

  afterAll(async () => {
    await Promise.all(opened.map((store) => store.close()));
    await server?.close();
  });

  async function open({
    address = "s3://bucket/app",
    ...options
  }: S3StoreOptions & { readonly address?: string } = {}): Promise<Store> {
    const { endpoint, credentials } = server;
    const place = { endpoint, credentials, region: "us-east-1", forcePathStyle: true, partBytes };
    const store = await openS3Store(address, { ...place, ...options });
    opened.push(store);
    return store;
  }

  let caseNumber = 0;
  storeSuite("in S3, on versitygw", {
    make: () => {
      const address = `s3://bucket/case-${caseNumber++}`;
      return fixtureOf(
        () => open({ address }),
        async () => {},
      );
    },
    skips: { logs: "S3 cannot append", folders: "keys of S3 have no folders" },
    largeBytes: 2 * partBytes + 17,
  });

  test("its conditional writes are found to work, and nothing of the probe stays", async () => {
    await open({ address: "s3://bucket/probed" });
    const bucket = await open({ address: "s3://bucket" });
    expect(await namesOf(bucket, "probed/")).toEqual([]);
  });

  test("of twenty that create one name at once exactly one has created it, and its bytes are there", async () => {
    const racers = await Promise.all(Array.from({ length: 20 }, () => open()));
    for (let round = 0; round < 10; round++) {
      const name = `race/${round}`;
      const creations = await Promise.all(
        racers.map((racer, index) => racer.create(name, Buffer.from(String(index)))),
      );
      expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
      expect(text(await racers[0]!.read(name))).toBe(String(creations.indexOf("created")));
    }
  });

  test("of four that upload one name in parts at once exactly one has created it", async () => {
    const store = await open();
    const contents = [1, 2, 3, 4].map((value) => Buffer.alloc(partBytes + value, value));
    const creations = await Promise.all(contents.map((content) => store.create("parts", content)));
    expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
    const winner = creations.indexOf("created");
    expect(Buffer.compare(await store.read("parts"), contents[winner]!)).toBe(0);
  });

  test("an object in parts is streamed in, and read whole and by ranges over the seam of two parts", async () => {
    const store = await open();
    const content = randomBytes(2 * partBytes + 11);
    async function* stream(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 999_999) yield content.subarray(at, at + 999_999);
    }
    expect(await store.create("large", stream())).toBe("created");
    expect(await store.create("large", stream())).toBe("taken");
    expect(Buffer.compare(await store.read("large"), content)).toBe(0);
    const range = await store.readRange("large", partBytes - 5, 10);
    expect(Buffer.compare(range, content.subarray(partBytes - 5, partBytes + 5))).toBe(0);
  });

  test("a listing of more names than a page of 1,000 holds is whole and in the order of bytes", async () => {
    const store = await open({ address: "s3://bucket/many" });
    const names = Array.from(
      { length: 1_205 },
      (_, index) => `n/${String(index).padStart(6, "0")}`,
    );
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(
        names.slice(at, at + 50).map((name) => store.create(name, Buffer.from("1"))),
      );
    }
    expect(await namesOf(store, "n/")).toEqual(names);
    expect(await namesOf(store, "n/", "n/000999")).toEqual(names.slice(1_000));
  });

  test("refused credentials, and a bucket that does not exist, are told as what they are", async () => {
    const credentials = { accessKeyId: "test-key", secretAccessKey: "wrong" };
    await expect(open({ credentials })).rejects.toMatchObject({ code: "store_denied" });
    const unknown = { accessKeyId: "unknown", secretAccessKey: "wrong" };
    await expect(open({ credentials: unknown })).rejects.toMatchObject({ code: "store_denied" });
    await expect(open({ address: "s3://nowhere/a" })).rejects.toMatchObject({
      code: "store_bucket_missing",
    });
  });

  test("a server that was killed ends a request in store_unreachable", async () => {
    await using other = await RealS3Server.start();
    const { endpoint } = other;
    const store = await open({ endpoint, attemptsMax: 3 });
    await store.create("a", Buffer.from("1"));
    await other.close();
    await expect(store.create("b", Buffer.from("1"))).rejects.toMatchObject({
      code: "store_unreachable",
    });
  });
});
