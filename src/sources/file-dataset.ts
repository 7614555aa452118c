/** Owns: a dataset whose partitions are read from files. */
import {
  type DatasetEnvironment,
  type PartitionReader,
  RDD,
  SourceNode,
  userError,
} from "../core/index.ts";

/** A dataset of one partition for each reader, whose errors are given their place. */
export function fileDataset<T>(
  environment: DatasetEnvironment,
  kind: string,
  readers: readonly PartitionReader<T>[],
): RDD<T> {
  const placed = readers.map(
    (read): PartitionReader<T> =>
      async (flow, push) => {
        try {
          await read(flow, push);
        } catch (error) {
          throw userError(node.site, flow.task, error);
        }
      },
  );
  const node = new SourceNode<T>(environment, kind, placed);
  return new RDD(node);
}
