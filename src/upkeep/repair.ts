/**
 * Owns: carrying out a repair: a life of a driver without batches that goes on from what is whole, and what was in the way is
 * set aside.
 * Does not own: what is whole, and what is lost (repair-plan.ts).
 *
 * I1. What is set aside is kept as a copy before it goes. I2. After a crash in the middle the directory is refused as before, or
 * repaired.
 */
import { StreamError } from "../base/index.ts";
import { auditName } from "../checkpoint/index.ts";
import type { Maintenance, MaintenanceReport } from "./maintenance.ts";
import type { RepairPlan } from "./repair-plan.ts";

/** Carries a repair out. Throws `repair_impossible`. */
export async function applyRepair(
  maintenance: Maintenance,
  { mended, losses, steps }: RepairPlan,
): Promise<MaintenanceReport> {
  if (mended === undefined) throw new StreamError("repair_impossible", { reason: steps[0] });
  if (!maintenance.isAlone) {
    const reason = "only a directory of this machine can be kept from other drivers meanwhile";
    throw new StreamError("repair_impossible", { reason });
  }
  const { journal, left, setAside } = mended;
  const found = { ...maintenance.observation, journal, left, refusal: undefined };
  const report = await maintenance.apply(
    async () => ({ action: "repair", details: { steps, losses } }),
    found,
  );
  const { logs } = maintenance.medium;
  for (const name of setAside) {
    await logs.create(`${auditName(report.epoch)}.set-aside/${name}`, await logs.read(name));
    await logs.delete(name);
  }
  return report;
}
