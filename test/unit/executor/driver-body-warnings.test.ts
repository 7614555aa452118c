import { describe, expect, test } from "vitest";
import { DriverBodyWarnings } from "../../../src/executor/index.ts";

function warnings(): { readonly lines: string[]; readonly bodies: DriverBodyWarnings } {
  const lines: string[] = [];
  const silent = () => {};
  const warn = (message: string) => void lines.push(message);
  return { lines, bodies: new DriverBodyWarnings({ info: silent, error: silent, warn }) };
}

describe("functions of a body that run on the driver", () => {
  test("are told once per operator, with all bytes of its first batch", () => {
    const { bodies, lines } = warnings();
    bodies.moved({ uid: "transform-1", kind: "transform" }, 100);
    bodies.moved({ uid: "transform-1", kind: "transform" }, 50);
    expect(lines).toEqual([]);
    bodies.batchEnded(1000);
    bodies.moved({ uid: "transform-1", kind: "transform" }, 7);
    bodies.moved({ uid: "top", kind: "foreachRDD" }, 9);
    bodies.batchEnded(2000);
    bodies.batchEnded(3000);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/body of transform .*operator=`transform-1` bytes=`150` batch=`1000`/);
    expect(lines[0]).toContain('{ on: "executors" }');
    expect(lines[1]).toMatch(/body of foreachRDD .*operator=`top` bytes=`9` batch=`2000`/);
  });
});
