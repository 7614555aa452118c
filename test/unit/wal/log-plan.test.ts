import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  blockLogNames,
  journalNames,
  type LogFile,
  type LogListing,
  listLog,
  type PlannedGap,
  type PlannedSegment,
  parseBlockLogName,
  planLog,
} from "../../../src/wal/index.ts";
import { journalPlace, mirroredPlace } from "./log-fixture.ts";
import { MemoryMedium } from "./memory-medium.ts";

type Spec = readonly [segment: number, epoch: number, ...rest: readonly ("mirror" | number)[]];

function listing(specs: readonly Spec[], place = journalPlace): LogListing {
  const files = specs.map(([segment, epoch, ...rest]): LogFile => {
    const side = rest.includes("mirror") ? "mirror" : "primary";
    const directory = side === "mirror" ? "journal-mirror" : "journal";
    const repair = rest.find((each) => typeof each === "number") ?? 0;
    const file = `${directory}/${journalNames.nameOf({ segment, epoch })}${repair === 0 ? "" : `+${repair}`}`;
    return { segment, epoch, side, repair, file, byteCount: 1 };
  });
  return { place, files, strangers: [] };
}

/** `1.1 2.1 gap 3-4 5.2`: segments with their epochs, and gaps. */
function textOf(parts: readonly (PlannedSegment | PlannedGap)[]): string {
  return parts
    .map((part) =>
      "until" in part ? `gap ${part.from}-${part.until - 1}` : `${part.segment}.${part.epoch}`,
    )
    .join(" ");
}

describe("the plan of a log", () => {
  test.each<[string, string, readonly Spec[], Parameters<typeof planLog>[1]]>([
    [
      "has the segments in their order",
      "1.1 2.1 3.2",
      [
        [3, 2],
        [1, 1],
        [2, 1],
      ],
      {},
    ],
    [
      "has a gap for each number that is missing",
      "1.1 gap 2-2 3.1 gap 4-6 7.1",
      [
        [1, 1],
        [3, 1],
        [7, 1],
      ],
      {},
    ],
    [
      "has a gap up to the last segment that is known of",
      "1.1 gap 2-3",
      [[1, 1]],
      { lastSegment: 3 },
    ],
    [
      "has a gap from the segment on that it begins with",
      "gap 2-2 3.1",
      [[3, 1]],
      { fromSegment: 2 },
    ],
    [
      "leaves out what is below the segment that it begins with",
      "2.1 3.1",
      [
        [1, 1],
        [2, 1],
        [3, 1],
      ],
      { fromSegment: 2 },
    ],
    ["of nothing is empty", "", [], {}],
    ["of nothing has a gap where there should be something", "gap 4-4", [], { lastSegment: 4 }],
    [
      "leaves out what a superseded driver wrote behind the bound",
      "1.1 2.1",
      [
        [1, 1],
        [2, 1],
        [3, 1],
      ],
      { bounds: new Map([[1, { segment: 2, length: 9 }]]) },
    ],
    [
      "leaves out what a superseded driver wrote beside a later epoch",
      "1.1 2.2 3.2",
      [
        [1, 1],
        [2, 1],
        [3, 1],
        [2, 2],
        [3, 2],
      ],
      {},
    ],
    [
      "goes by the earliest of all later epochs",
      "1.1 2.3",
      [
        [1, 1],
        [4, 1],
        [3, 2],
        [2, 3],
      ],
      {},
    ],
  ])("%s", (_, expected, specs, options) => {
    const { leftovers, parts } = planLog(listing(specs), options);
    expect(textOf(parts)).toBe(expected);
    const planned = parts.flatMap((part) => ("until" in part ? [] : part.copies));
    expect(planned.length + leftovers.length).toBe(specs.length);
  });

  test("reads the newest repaired copy of a side for that side, and says which side has no file", () => {
    const { parts } = planLog(
      listing(
        [
          [1, 1],
          [1, 1, 2],
          [1, 1, 1],
          [2, 1, "mirror"],
        ],
        mirroredPlace,
      ),
    );
    expect(parts).toMatchObject([
      {
        copies: [
          { repair: 2, isReplaced: false },
          { repair: 1, isReplaced: true },
          { repair: 0, isReplaced: true },
        ],
        missing: [{ file: "journal-mirror/0000000001-0000000001", side: "mirror" }],
      },
      {
        copies: [{ side: "mirror", isReplaced: false }],
        missing: [{ file: "journal/0000000002-0000000001", side: "primary" }],
      },
    ]);
  });

  test("carries the length at which a segment was sealed; one sealed at nothing need not be there", () => {
    const bounds = new Map([
      [1, { segment: 1, length: 77 }],
      [2, { segment: 2, length: 0 }],
    ]);
    const { parts } = planLog(
      listing(
        [
          [1, 1],
          [2, 2],
        ],
        mirroredPlace,
      ),
      { bounds },
    );
    expect(parts).toMatchObject([
      { sealedLength: 77, missing: [{ side: "mirror" }] },
      { sealedLength: 0, missing: [] },
    ]);
  });

  test("of numbers far apart costs no more than that of neighbours", () => {
    const { parts } = planLog(
      listing([
        [1, 1],
        [9_999_999_999, 1],
      ]),
    );
    expect(textOf(parts)).toBe("1.1 gap 2-9999999998 9999999999.1");
  });

  test("of a hundred thousand objects takes no noticeable time", () => {
    const specs = Array.from({ length: 100_000 }, (_, index): Spec => [index, index >> 10]);
    const start = performance.now();
    expect(planLog(listing(specs)).parts).toHaveLength(100_000);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("the names of segments", () => {
  test("sort as their numbers do, and are read back", () => {
    const identity = fc.record({ segment: fc.nat(10 ** 9), epoch: fc.nat(10 ** 9) });
    const writer = fc.stringMatching(/^[a-z0-9_-]{1,9}$/);
    fc.assert(
      fc.property(identity, identity, writer, (a, b, name) => {
        for (const names of [journalNames, blockLogNames(name)]) {
          expect(names.parse(names.nameOf(a))).toMatchObject(a);
        }
        expect(parseBlockLogName(blockLogNames(name).nameOf(a))).toEqual({ ...a, writer: name });
        const isBefore = a.segment < b.segment || (a.segment === b.segment && a.epoch < b.epoch);
        expect(journalNames.nameOf(a) < journalNames.nameOf(b)).toBe(isBefore);
      }),
    );
  });

  test("of other logs and of nobody are strangers", async () => {
    const medium = new MemoryMedium();
    const names = [
      "blocks/0000000001-driver-0000000001",
      "blocks/0000000001-driver-2-0000000001",
      "blocks/0000000001-driver-1",
      "blocks/0000000001-driver-0000000001.repaired-0001",
      "blocks/0000000001-driver-0000000001.repaired-x",
      "blocks/readme",
    ];
    for (const name of names) await medium.create(name, new Uint8Array(3));
    const place = { directory: "blocks", names: blockLogNames("driver") };
    const { files, strangers } = await listLog(medium, place);
    expect(files).toMatchObject([
      { file: names[0], repair: 0, byteCount: 3 },
      { file: names[3], repair: 1 },
    ]);
    expect(new Set(strangers)).toEqual(new Set([names[1], names[2], names[4], names[5]]));
  });
});
