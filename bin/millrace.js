#!/usr/bin/env node
/**
 * Owns: telling whoever has a Node that is too old so, before anything is loaded that it cannot read. So it uses nothing
 * that is younger than modules are.
 */
const parts = process.versions.node.split(".");
const isTooOld = Number(parts[0]) < 22 || (Number(parts[0]) === 22 && Number(parts[1]) < 12);
if (isTooOld) {
  process.stderr.write(
    `millrace needs Node 22.12 or later, and this is Node ${process.versions.node}\n`,
  );
  process.exitCode = 1;
} else {
  void import("../dist/cli/index.js").then((cli) => cli.main());
}
