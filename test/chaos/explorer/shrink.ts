/**
 * Owns: making a violation smaller: the script loses steps as long as the same kind of crash, fault or damage still gives a
 * violation, wherever in the smaller script.
 */
import { Explorer } from "./explorer.ts";
import { faultNames } from "./faults.ts";
import { type Probe, parseProbe } from "./probe.ts";
import type { Finding } from "./report.ts";
import { stepNames, withoutSteps } from "./variation.ts";
import type { Workload } from "./workload.ts";

/** The smallest violation that is found in time; the given one where none is smaller. */
export async function shrink(
  workload: Workload,
  finding: Finding,
  isOver: () => boolean,
): Promise<Finding> {
  let smallest = finding;
  let without = parseProbe(finding.probe).without;
  for (const step of stepNames(workload)) {
    if (isOver() || without.includes(step)) continue;
    const found = await violation(workload, [...without, step], parseProbe(finding.probe), isOver);
    if (found === undefined) continue;
    without = [...without, step];
    smallest = found;
  }
  return smallest;
}

/** A violation of the same kind without these steps. */
async function violation(
  workload: Workload,
  without: readonly string[],
  probe: Probe,
  isOver: () => boolean,
): Promise<Finding | undefined> {
  const fewer = withoutSteps(workload, without);
  const explorer = await Explorer.of({ workload: fewer, without }).catch(() => undefined);
  const [point, ...more] = probe.points;
  if (explorer === undefined || point === undefined) return undefined;
  for (const [life, recording] of explorer.recordings.entries()) {
    const { calls } = recording.life.files;
    for (let call = 0; call <= calls.length; call += 1) {
      if (isOver()) return undefined;
      const does = calls[call]?.does;
      const { fault } = point;
      if (fault !== undefined && (does === undefined || !faultNames(does).includes(fault)))
        continue;
      await explorer.probe({ ...probe, without, life, points: [{ ...point, call }, ...more] });
      const [found] = explorer.report.findings;
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
