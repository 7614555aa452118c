import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("file-stream", "rows 10, 14");
