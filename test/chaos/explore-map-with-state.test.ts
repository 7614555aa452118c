import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("map-with-state", "rows 10, 14, 16");
