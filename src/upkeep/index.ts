export { type ForkProgress, type ForkReport, forkDirectory } from "./fork.ts";
