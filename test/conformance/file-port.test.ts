import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemFiles } from "../../src/base/index.ts";
import { SimulatedFiles } from "../support/simulated-files.ts";
import { filePortSuite } from "./file-port.suite.ts";

filePortSuite("of this machine", async () => {
  const directory = await mkdtemp(join(tmpdir(), "millrace-files-"));
  return { files: systemFiles, directory, dispose: () => rm(directory, { recursive: true }) };
});

filePortSuite("on a simulated disk", async () => {
  const files = new SimulatedFiles();
  await files.makeDirectory("/d");
  return { files, directory: "/d", dispose: async () => {} };
});
