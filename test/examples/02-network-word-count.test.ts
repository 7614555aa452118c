import { describe, expect, test } from "vitest";
import { countsIn } from "./printed-counts.ts";
import { Program } from "./program.ts";
import { TextServer } from "./text-server.ts";

describe("02-network-word-count", () => {
  test("prints the words of a batch with their counts under the time of the batch, until Ctrl-C", async () => {
    await using server = await TextServer.listen();
    await using program = new Program("02-network-word-count.ts", [
      "127.0.0.1",
      String(server.port),
    ]);
    const connection = await server.connection();
    connection.write("to be or not to be\n");
    await program.prints(/\["or",1\]/);
    connection.write("to do\n");
    await program.prints(/\["do",1\]/);
    const { code, output, errors } = await program.interrupt();
    expect(output).toMatch(
      /^-{43}\nTime: \d+ ms\n-{43}\n\["to",2\]\n\["be",2\]\n\["or",1\]\n\["not",1\]\n\n/m,
    );
    expect(countsIn(output)).toEqual(
      new Map(Object.entries({ to: 3, be: 2, or: 1, not: 1, do: 1 })),
    );
    expect(errors).toBe("");
    expect(code).toBe(0);
  });

  test("says why it has nothing to count while nobody listens", async () => {
    const server = await TextServer.listen();
    const { port } = server;
    await server[Symbol.asyncDispose]();
    await using program = new Program("02-network-word-count.ts", ["127.0.0.1", String(port)]);
    await program.prints(/Time: \d+ ms/);
    const { errors } = await program.interrupt();
    expect(errors).toContain(`the connection to 127.0.0.1:${port} failed`);
    expect(errors).toContain("ECONNREFUSED");
  });
});
