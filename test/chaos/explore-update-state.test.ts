import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("update-state", "rows 4, 6, 7, 8, 9, 10, 14, 16");
