/**
 * Owns: what a task of another process has to be told of the stages that it reads, and where it would rather run.
 * Does not own: telling it (executor-tasks.ts). Pure functions of the lineage.
 */
import { invariant, StreamError } from "../../base/index.ts";
import { encodeValue } from "../../codec/index.ts";
import {
  type DatasetAddress,
  type Dependency,
  type Lineage,
  type SharedStage,
  Shuffle,
  type StageBarrier,
  StorageLevels,
} from "../../core/index.ts";
import type { StageKnowledge, TaskRequest } from "./task-messages.ts";

/** What is read by a task of a dataset or a stage, without what lies behind the stages that it reads. */
export interface TaskReads {
  readonly known: readonly StageKnowledge[];
  readonly kept: TaskRequest["kept"];
}

/** The persisted datasets among them. */
export function keptBy(target: Lineage | StageBarrier): TaskRequest["kept"] {
  return lineageReadBy(target).kept;
}

/** What tasks of that target read. Throws `shuffle_output_missing` where a stage before it is not complete. */
export function readsOf(target: Lineage | StageBarrier): TaskReads {
  const { kept, stages } = lineageReadBy(target);
  return { known: [...stages].flatMap(knowledgeOf), kept };
}

function lineageReadBy(target: Lineage | StageBarrier): {
  readonly stages: ReadonlySet<StageBarrier>;
  readonly kept: TaskRequest["kept"];
} {
  const stages = new Set<StageBarrier>();
  const kept: { dataset: DatasetAddress; level: string }[] = [];
  const seen = new Set<Lineage>();
  const visit = (dependencies: readonly Dependency[]): void => {
    for (const dependency of dependencies) {
      if (dependency.kind === "stage") stages.add(dependency.barrier);
      else visitDataset(dependency.parent);
    }
  };
  const visitDataset = (dataset: Lineage): void => {
    // What has no address is made by the driver, or by each process for itself.
    if (seen.has(dataset) || dataset.address === undefined) return;
    seen.add(dataset);
    const { storageLevel } = dataset;
    if (storageLevel !== StorageLevels.NONE) {
      kept.push({ dataset: dataset.address, level: storageLevel.name });
    }
    visit(dataset.dependencies);
  };
  if ("taskCount" in target) visit(target.dependencies);
  else visitDataset(target);
  return { stages, kept };
}

function knowledgeOf(stage: StageBarrier): readonly StageKnowledge[] {
  const { address } = stage;
  // A state, and a stage that each process completes for itself.
  if (address === undefined || stage.purpose === "state") return [];
  if (stage instanceof Shuffle) {
    const places = stage.places.filter((place) => place !== undefined);
    // An executor may have been lost since its stages were complete.
    if (!stage.isComplete() || places.length < stage.taskCount) {
      throw new StreamError("shuffle_output_missing", { operator: stage.site.uid });
    }
    return [{ stage: address, kind: "shuffle", places }];
  }
  invariant("facts" in stage, "a stage with an address tells what it has come to");
  const facts = encodeValue((stage as SharedStage).facts());
  return [{ stage: address, kind: "facts", facts }];
}
