export { type ForkProgress, type ForkReport, forkDirectory } from "./fork.ts";
export {
  type AuditedChange,
  type Maintainer,
  Maintenance,
  type MaintenanceReport,
} from "./maintenance.ts";
export {
  applyStateEdit,
  planStateEdit,
  type StateEdit,
  type StateEditPlan,
} from "./state-edit.ts";
