import { testWorkload } from "./explorer/explored-workload.ts";

testWorkload("word-count", "rows 1, 2, 4, 5, 10, 11, 34");
