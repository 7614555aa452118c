export { datasetFiles } from "./dataset-files.ts";
