/** Objects in parts, over HTTP. */
import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store } from "../../../src/store/index.ts";
import { namesOf } from "../../conformance/store/store-under-test.ts";
import { faults, openOn } from "../../support/s3-fixture.ts";
import { S3Server } from "../../support/s3-server.ts";

const mebibyte = 1024 * 1024;
const partBytes = 5 * mebibyte;
const large = Buffer.alloc(2 * partBytes + 7);
for (let at = 0; at < large.length; at += 4_096) large.writeUInt32LE(at, at % (large.length - 4));

let server: S3Server;
let store: Store;

beforeEach(async () => {
  server = await S3Server.start();
  store = await openOn(server, { partBytes });
});

afterEach(async () => {
  await store.close();
  await server.close();
});

async function* stream(content: Buffer, chunkBytes = 700_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += chunkBytes) {
    yield content.subarray(at, at + chunkBytes);
  }
}

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const actions = (): string[] => server.requests.map(({ action }) => action);

test.each([
  ["streamed", () => stream(large)],
  ["given at once", () => large],
])("content %s that one request does not hold comes back whole", async (_how, content) => {
  expect(await store.create("a", content())).toBe("created");
  expect(hash(await store.read("a"))).toBe(hash(large));
  expect(actions().filter((action) => action === "uploadPart")).toHaveLength(1 + 3);
  expect(server.bucket.uploads.size).toBe(0);
  expect(await namesOf(store, "")).toEqual(["a"]);
  expect(await store.create("a", content())).toBe("taken");
  expect(server.bucket.uploads.size).toBe(0);
});

test.each([0, 1, partBytes])(
  "streamed content of %i bytes goes in one request",
  async (byteCount) => {
    expect(await store.create("a", stream(large.subarray(0, byteCount)))).toBe("created");
    expect(actions()).not.toContain("createUpload");
    expect((await store.read("a")).length).toBe(byteCount);
  },
);

test("whether the server can be trusted with parts is found out once", async () => {
  await store.create("a", large);
  const before = actions().filter((action) => action === "createUpload").length;
  await store.create("b", large);
  expect(actions().filter((action) => action === "createUpload").length - before).toBe(1);
});

test("a server that completes an upload over an object gets none, and smaller objects go on", async () => {
  server.hook = ({ action }) =>
    action === "completeUpload" ? { ignoreConditions: true } : undefined;
  const source = stream(Buffer.concat([large, large]));
  const failure = await store.create("a", source).catch((error: unknown) => error);
  expect(await source.next()).toMatchObject({ done: true });
  expect(failure).toMatchObject({ code: "store_unfit", details: { name: "a", partBytes } });
  expect(await store.create("a", large.subarray(0, partBytes))).toBe("created");
  expect(await store.create("a", large).catch((error: unknown) => error)).toMatchObject({
    code: "store_unfit",
  });
  expect([...server.bucket.objects.keys()]).toEqual(["app/a"]);
  expect(server.bucket.uploads.size).toBe(0);
});

test("a server that does not know conditional completion gets none", async () => {
  server.hook = ({ action }) =>
    action === "completeUpload" ? { refuse: [501, "NotImplemented"] } : undefined;
  await expect(store.create("a", large)).rejects.toMatchObject({ code: "store_unfit" });
  expect(server.bucket.uploads.size).toBe(0);
});

test("a probe that found out nothing is made again", async () => {
  server.hook = faults("createUpload", { refuse: [403, "AccessDenied"] });
  await expect(store.create("a", large)).rejects.toMatchObject({ code: "store_denied" });
  expect(await store.create("a", large)).toBe("created");
});

describe("after the probe", () => {
  beforeEach(async () => {
    await store.create("first", large);
  });

  test("lost answers and refusals on the way cost tries, not the object", async () => {
    let count = 0;
    server.hook = ({ action }) => {
      if (action !== "uploadPart" && action !== "createUpload") return undefined;
      count++;
      if (count % 3 === 0) return { cut: "after" };
      return count % 3 === 1 ? { refuse: [503, "SlowDown"] } : undefined;
    };
    expect(await store.create("a", stream(large))).toBe("created");
    expect(hash(await store.read("a"))).toBe(hash(large));
  });

  test("fault 21: a completion whose answer is lost is known as our own success", async () => {
    server.hook = faults("completeUpload", { cut: "after" });
    expect(await store.create("a", large)).toBe("created");
  });

  test("fault 22: 409 on a completion is tried again", async () => {
    server.hook = faults("completeUpload", { refuse: [409, "ConditionalRequestConflict"] });
    expect(await store.create("a", large)).toBe("created");
  });

  test("fault 22: a conflict that cost the upload is an error, not an object that is there", async () => {
    server.hook = ({ action }) => {
      if (action !== "completeUpload" || server.bucket.uploads.size === 0) return undefined;
      server.bucket.uploads.clear();
      return { refuse: [409, "ConditionalRequestConflict"] };
    };
    await expect(store.create("a", large)).rejects.toMatchObject({ code: "store_write_failed" });
    expect(await store.has("a")).toBe(false);
  });

  test("an upload that is gone over somebody else's object is taken", async () => {
    server.hook = ({ action }) => {
      if (action === "completeUpload") {
        server.bucket.uploads.clear();
        server.bucket.put({
          key: "app/a",
          bytes: Buffer.from("1"),
          metadata: {},
          onlyIfNew: false,
        });
      }
      return undefined;
    };
    expect(await store.create("a", large)).toBe("taken");
  });

  test("what the source throws passes through, and nothing stays", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield* stream(large);
      throw new RangeError("no more");
    }
    await expect(store.create("a", broken())).rejects.toThrow(new RangeError("no more"));
    expect(await store.has("a")).toBe(false);
    expect(server.bucket.uploads.size).toBe(0);
  });

  test("a part that is refused ends it: the source is stopped, the upload aborted", async () => {
    let isStopped = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield large.subarray(0, mebibyte);
      } finally {
        isStopped = true;
      }
    }
    server.hook = ({ action }) =>
      action === "uploadPart" ? { refuse: [403, "AccessDenied"] } : undefined;
    await expect(store.create("a", endless())).rejects.toMatchObject({ code: "store_denied" });
    expect(isStopped).toBe(true);
    expect(server.bucket.uploads.size).toBe(0);
  });

  test("nothing is seen at the name before the last part is in", async () => {
    async function* watched(): AsyncGenerator<Uint8Array> {
      for await (const chunk of stream(large)) {
        expect(await store.has("a")).toBe(false);
        yield chunk;
      }
    }
    expect(await store.create("a", watched())).toBe("created");
  });

  test("of six that upload one name at once exactly one has created it", async () => {
    const contents = Array.from({ length: 6 }, (_, index) => Buffer.alloc(partBytes + 1, index));
    server.hook = ({ action, index }) =>
      action === "completeUpload" && index % 2 === 0 ? { cut: "after" } : undefined;
    const creations = await Promise.all(contents.map((content) => store.create("a", content)));
    expect(creations.filter((creation) => creation === "created")).toHaveLength(1);
    expect((await store.read("a"))[0]).toBe(creations.indexOf("created"));
    expect(server.bucket.uploads.size).toBe(0);
  });
});
