import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { S3Server } from "../support/s3-server.ts";
import { Program } from "./program.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const example = "01-flight-delays.ts";
const quick = ["--batch-interval", "100"];
const calm = [...quick, "--kills", "0"];

/** A feeder that runs by itself, as one that outlives the program. */
async function startFeeder(flights: number) {
  const feeder = new Program("flights/feeder.ts", ["--flights", String(flights)]);
  const [, port] = await feeder.prints(/"port":(\d+)/);
  return { feeder, port: Number(port) };
}

/** The files anywhere in a folder. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

describe("01-flight-delays", () => {
  test("loses and doubles nothing though its driver is killed six times, with blocks in no batch, in a batch, and in a snapshot", async () => {
    const folder = await mkdtemp(join(tmpdir(), "millrace-kills-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const args = [...quick, "--flights", "20000", "--rate", "2500", "--checkpoint", folder];
    await using program = new Program(example, args);
    const { code, output } = await program.ended;
    expect(output).toMatch(/6 kills by seed \d+/);
    expect(output).toContain("RIGHT, compared with a direct computation:\n20,000 flights from");
    expect(Number(/Killed (\d+) times/.exec(output)?.[1])).toBeGreaterThanOrEqual(6);
    expect(output).toMatch(
      /blocks were in no batch yet: [1-9]\d*; a batch ran: [1-9]\d*; a state snapshot was in flight: [1-9]/,
    );
    expect(output).not.toContain("MISSED");
    expect(code).toBe(0);
    // The checkpoint directory in it was deleted, and so were the folders of all processes.
    expect(await filesIn(folder)).toEqual([]);
  }, 120_000);

  test("is right with its receiver, its tasks and its state in executors", async () => {
    await using program = new Program(example, [...quick, "--flights=20000", "--executors=2"]);
    const { code, output } = await program.ended;
    expect(output).toContain("RIGHT, compared with a direct computation:\n20,000 flights from");
    expect(code).toBe(0);
  }, 120_000);

  test("does so, too, with its checkpoint directory in S3, and leaves nothing there", async () => {
    const server = await S3Server.start();
    onTestFinished(() => server.close());
    const args = ["--flights", "10000", "--rate", "1500", "--batch-interval", "250"];
    const place = ["--kills", "3", "--checkpoint", "s3://bucket/jobs"];
    await using program = new Program(example, [...args, ...place], {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    const { code, output } = await program.ended;
    expect(output).toContain("RIGHT, compared with a direct computation:\n10,000 flights from");
    expect(output).not.toContain("MISSED");
    expect(code).toBe(0);
    expect(server.requests.some(({ key }) => /^jobs\/flights-.*\/journal\//.test(key))).toBe(true);
    expect([...server.bucket.objects.keys()]).toEqual([]);
  }, 120_000);

  test("ends with exit code 1 when it says that no kill has hit something, and only then", async () => {
    await using program = new Program(example, [...quick, "--flights", "1"]);
    const { code, output } = await program.ended;
    expect(output).toContain("RIGHT");
    // A feed this short is mostly over too soon.
    expect(code).toBe(output.includes("MISSED: ") ? 1 : 0);
  });

  test("counts the flights of a feed as a direct computation does, and checks windows on the way", async () => {
    // At this rate it takes a second: ten batches, and a window with every second one.
    await using program = new Program(example, [...calm, "--flights", "2000", "--rate", "2000"]);
    const { code, output, errors } = await program.ended;
    expect(output).toContain("RIGHT, compared with a direct computation:\n2,000 flights from");
    expect(Number(/(\d+) windows by route/.exec(output)?.[1])).toBeGreaterThan(0);
    expect(errors).toBe("");
    expect(code).toBe(0);
  });

  test("ends with exit code 1 and says what differs when one airport was changed on the way", async () => {
    const { feeder, port } = await startFeeder(2_000);
    await using _ = feeder;
    let isChanged = false;
    await using proxy = await TcpProxy.listen(port, (bytes) => {
      const text = bytes.toString("latin1");
      if (isChanged || !text.includes(",ORD,")) return bytes;
      isChanged = true;
      return Buffer.from(text.replace(",ORD,", ",XYZ,"), "latin1");
    });
    const args = [...calm, "--flights", "2000", "--feeder", String(proxy.port)];
    await using program = new Program(example, args);
    const { code, output } = await program.ended;
    expect(output).toContain("WRONG, compared with a direct computation:");
    expect(output).toContain("XYZ should not be there");
    expect(output).toMatch(/ORD: flights is \d+ and should be \d+/);
    expect(code).toBe(1);
  });

  test("loses and doubles nothing when the connection to the feeder is cut in mid-stream", async () => {
    const { feeder, port } = await startFeeder(20_000);
    await using _ = feeder;
    let bytesLeft = 200_000;
    await using proxy = await TcpProxy.listen(port, (bytes, connection) => {
      bytesLeft -= bytes.length;
      return connection === 1 && bytesLeft < 0 ? "cut" : bytes;
    });
    const args = [...calm, "--flights", "20000", "--feeder", String(proxy.port)];
    await using program = new Program(example, args);
    const { code, output } = await program.ended;
    expect(output).toContain("FlightReceiver-0: lost the feeder");
    expect(output).toContain("RIGHT, compared with a direct computation:\n20,000 flights from");
    expect(code).toBe(0);
    const [, receivers] = await feeder.prints(/"event":"done".*"receivers":(\d+)/);
    expect(receivers).toBe("2");
  });

  test("stops in good order with Ctrl-C, and is right about the flights until then", async () => {
    const args = [...calm, "--flights", "100000", "--rate", "1000"];
    await using program = new Program(example, args);
    await program.prints(/[1-9]\d* of 100,000 flights/);
    const { code, output } = await program.interrupt();
    const [, counted] = /RIGHT.*\n([\d,]+) flights from/.exec(output) ?? [];
    expect(Number(counted?.replace(",", ""))).toBeGreaterThan(0);
    expect(Number(counted?.replace(",", ""))).toBeLessThan(100_000);
    expect(code).toBe(130);
  });

  test("stops in good order with Ctrl-C after kills, and is right about the flights of all lives", async () => {
    const args = [...quick, "--flights", "20000", "--rate", "2500"];
    await using program = new Program(example, args);
    await program.prints(/Kill 2, at/);
    const { code, output } = await program.interrupt();
    expect(output).toMatch(/RIGHT.*\n[\d,]+ flights from/);
    expect(output).not.toContain("MISSED");
    expect(code).toBe(130);
  });
});
