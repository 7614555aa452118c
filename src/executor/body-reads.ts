/**
 * Owns: for whose body the driver is computing, so that it can be told how much comes to the driver for it.
 * Does not own: telling it (driver-body-warnings.ts), reading (tasks/executor-tasks.ts).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { currentJob, type OperatorSite } from "../core/index.ts";

type Operator = Pick<OperatorSite, "uid" | "kind">;

const bodies = new AsyncLocalStorage<Operator | undefined>();

/** The operator whose body made what is being computed; undefined where that is none. */
export function computedBody(): Operator | undefined {
  return bodies.getStore();
}

/** Computes a dataset or a stage on the driver, by a function of its own or of whoever made it. */
export function computingFor<R>(
  { address, site }: { readonly address?: unknown; readonly site: OperatorSite },
  work: () => R,
): R {
  // Of a dataset that others have as well, only an action with a function of its own is run here.
  return bodies.run(address === undefined ? bodyOf(site) : bodyOfOutput(), work);
}

function bodyOf({ batchTimeMs, kind, uid }: OperatorSite): Operator | undefined {
  // The body of an output makes datasets that no stream knows of.
  if (batchTimeMs === undefined) return bodyOfOutput();
  return kind === "transform" ? { kind, uid } : undefined;
}

function bodyOfOutput(): Operator | undefined {
  const job = currentJob();
  return job && { kind: "foreachRDD", uid: job.uid };
}
