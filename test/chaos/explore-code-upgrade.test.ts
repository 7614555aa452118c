import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("code-upgrade", "rows 10, 14");
