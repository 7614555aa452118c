import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("incremental-window", "rows 14, 16");
