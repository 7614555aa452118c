import { VersionedState } from "../../src/state/index.ts";
import { stateConformance } from "./state.suite.ts";

stateConformance({
  name: "in memory",
  newState: (options) => new VersionedState(options),
  runs: 300,
});
