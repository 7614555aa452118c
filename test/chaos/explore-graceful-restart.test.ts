import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("graceful-restart", "rows 5, 12, 13, 15, 17, 18");
