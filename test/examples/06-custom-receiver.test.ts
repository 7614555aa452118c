import { describe, expect, test } from "vitest";
import { countsIn } from "./printed-counts.ts";
import { Program } from "./program.ts";
import { TextServer } from "./text-server.ts";

describe("06-custom-receiver", () => {
  test("counts the words of lines that came in pieces, and connects again when the server hangs up", async () => {
    await using server = await TextServer.listen();
    await using program = new Program("06-custom-receiver.ts", ["127.0.0.1", String(server.port)]);
    const first = await server.connection();
    first.write("one\nt");
    await program.prints(/\["one",1\]/);
    first.write("wo\ntwo\n");
    await program.prints(/\["two",2\]/);
    first.end();
    const second = await server.connection();
    second.write("three\n");
    await program.prints(/\["three",1\]/);
    const { code, output, errors } = await program.interrupt();
    expect(countsIn(output)).toEqual(new Map(Object.entries({ one: 1, two: 2, three: 1 })));
    expect(errors).toContain("LineReceiver-0: the server closed the connection");
    expect(code).toBe(0);
  });
});
