import { describe, expect, test } from "vitest";
import { Program } from "./program.ts";
import { TcpProxy } from "./tcp-proxy.ts";

const example = "01-flight-delays.ts";
const quick = ["--batch-interval", "100"];

/** A feeder that runs by itself, as one that outlives the program. */
async function startFeeder(flights: number) {
  const feeder = new Program("flights/feeder.ts", ["--flights", String(flights)]);
  const [, port] = await feeder.prints(/"port":(\d+)/);
  return { feeder, port: Number(port) };
}

describe("01-flight-delays", () => {
  test("counts the flights of a feed as a direct computation does, and checks windows on the way", async () => {
    // At this rate it takes a second: ten batches, and a window with every second one.
    await using program = new Program(example, [...quick, "--flights", "2000", "--rate", "2000"]);
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
    const args = [...quick, "--flights", "2000", "--feeder", String(proxy.port)];
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
    const args = [...quick, "--flights", "20000", "--feeder", String(proxy.port)];
    await using program = new Program(example, args);
    const { code, output } = await program.ended;
    expect(output).toContain("FlightReceiver-0: lost the feeder");
    expect(output).toContain("RIGHT, compared with a direct computation:\n20,000 flights from");
    expect(code).toBe(0);
    const [, receivers] = await feeder.prints(/"event":"done".*"receivers":(\d+)/);
    expect(receivers).toBe("2");
  });

  test("stops in good order with Ctrl-C, and is right about the flights until then", async () => {
    const args = [...quick, "--flights", "100000", "--rate", "1000"];
    await using program = new Program(example, args);
    await program.prints(/[1-9]\d* of 100,000 flights/);
    const { code, output } = await program.interrupt();
    const [, counted] = /RIGHT.*\n([\d,]+) flights from/.exec(output) ?? [];
    expect(Number(counted?.replace(",", ""))).toBeGreaterThan(0);
    expect(Number(counted?.replace(",", ""))).toBeLessThan(100_000);
    expect(code).toBe(130);
  });
});
