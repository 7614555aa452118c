import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("stream-join", "rows 1, 2, 10");
