export { type ForkProgress, type ForkReport, forkDirectory } from "./fork.ts";
export {
  type AuditedChange,
  type Maintainer,
  Maintenance,
  type MaintenanceReport,
} from "./maintenance.ts";
export { applyRepair } from "./repair.ts";
export { planRepair, type RepairPlan } from "./repair-plan.ts";
export {
  applyStateEdit,
  planStateEdit,
  type StateEdit,
  type StateEditPlan,
} from "./state-edit.ts";
