export type { BodyOptions, BodyPlace } from "./body-place.ts";
export { type AnyFunction, codeHashOf, shortHash } from "./code-hash.ts";
export { DStream, MapWithStateDStream } from "./dstream.ts";
export { OutputOperation } from "./dstream-outputs.ts";
export { type BatchOutputs, type BatchPlan, StreamGraph } from "./graph.ts";
export {
  type GraphDescription,
  hasIdentity,
  type StateDescription,
  type StreamDescription,
  type StreamRole,
} from "./graph-description.ts";
export type { Forgotten, GraphState, GraphWatcher } from "./graph-mirroring.ts";
export { InputDStream, type InputHost, InputNode, type InputReplay } from "./input-node.ts";
export {
  adoptInputs,
  allocateInputs,
  assertResumable,
  type ByInput,
  inputsThatCannotResume,
  restoreInputs,
  snapshotInputs,
} from "./input-pins.ts";
export type { GraphMirror, InputFacts, StateFacts, StateTaskFacts } from "./mirror.ts";
export { DStreamNode } from "./node.ts";
export type { MappingFunction } from "./operators/map-with-state.ts";
export type { DatasetsOf } from "./operators/transform.ts";
export { UnionStreamNode } from "./operators/union.ts";
export type { UpdateFunction, UpdatePartitionFunction } from "./operators/update-state-by-key.ts";
export type { OutputBody } from "./output-node.ts";
export { defaultPin, type PartitionFacts, type PartitionPins } from "./partition-pins.ts";
export { checkStateBackend, type StateBackend, type StatePlaces } from "./state-backend.ts";
export type { State } from "./state-handle.ts";
export { type StateSettings, StateSpec } from "./state-spec.ts";
export { StateStage } from "./state-stage.ts";
export type {
  BatchGap,
  InputInfo,
  InputStream,
  StatefulStream,
  StateSpreading,
  StreamHost,
  StreamJob,
  StreamLineage,
} from "./stream.ts";
export { type StreamsOf, transformed } from "./transformed.ts";
export type { WindowOptions } from "./windows.ts";
