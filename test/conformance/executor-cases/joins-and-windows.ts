import { application, seconds } from "../../../src/index.ts";
import { ListedInput } from "./listed-input.ts";

export const outcome: unknown[] = [];

type Pair = [string, number];
const left: Pair[][] = [
  [
    ["a", 1],
    ["b", 2],
    ["a", 3],
  ],
  [["b", 4]],
  [["c", 5]],
];
const right: Pair[][] = [
  [["a", 10]],
  [],
  [
    ["c", 11],
    ["b", 12],
  ],
  [["d", 13]],
];

export default application({ batchInterval: seconds(1), defaultParallelism: 2 }, (ssc) => {
  const ofLeft = ssc.inputStream(new ListedInput(left, 2)).window(seconds(2));
  const ofRight = ssc.inputStream(new ListedInput(right, 3)).window(seconds(3));
  const streams = [
    ofLeft.join(ofRight),
    ofLeft.fullOuterJoin(ofRight),
    ofLeft.cogroup(ofRight),
    ofLeft.union(ofRight).reduceByKey((a, b) => a * 31 + b),
    ofLeft.repartition(4),
    ofLeft.countByValue(),
    ofLeft.reduceByKeyAndWindow(
      (a, b) => a + b,
      (a, b) => a - b,
      seconds(2),
    ),
  ];
  for (const stream of streams) {
    stream.foreachRDD(async (dataset) => {
      outcome.push(await (dataset as { collect(): Promise<unknown[]> }).collect());
    });
  }
});
