/**
 * Owns: the order of the test command, and its last line `N passed, N failed[, N skipped]`, which a CI that knows no
 * vitest can count. A step before the tests that fails ends the run and counts as one failure.
 * Does not own: what a step does (the npm script of its name, vitest.config.ts).
 *
 * Arguments go to vitest: `npm test -- test/unit/base`.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "node_modules", ".bin");
const reportFile = join(root, ".tmp", "vitest-report.json");
const nodeMin = [22, 18];

if (nodeIsTooOld()) runAgainWithOwnNode();
else runSteps();

function runSteps() {
  for (const step of ["format:check", "lint", "typecheck", "build"]) {
    console.log(`\n== ${step}`);
    if (run("npm", ["run", "--silent", step]) !== 0) {
      console.log(`\nthe step "${step}" failed; run it alone with: npm run ${step}`);
      finish({ passed: 0, failed: 1, skipped: 0 }, 1);
      return;
    }
  }
  console.log("\n== vitest");
  rmSync(reportFile, { force: true });
  mkdirSync(join(root, ".tmp"), { recursive: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const status = run(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)]);
  finish(countResults(status), status);
}

/** A test file that does not load, and an error outside of every test, count as one failure each. */
function countResults(status) {
  if (!existsSync(reportFile)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(reportFile, "utf8"));
  const brokenFiles = report.testResults.filter(
    ({ status: result, assertionResults }) =>
      result === "failed" && !assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + (report.numTodoTests ?? 0),
  };
}

function finish({ passed, failed, skipped }, status) {
  const rest = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`\n${passed} passed, ${failed} failed${rest}`);
  process.exitCode = failed > 0 ? 1 : status;
}

function nodeIsTooOld() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return major < nodeMin[0] || (major === nodeMin[0] && minor < nodeMin[1]);
}

/** The package `node` brings its binary by an install script; `npm ci --ignore-scripts` leaves it out. */
function runAgainWithOwnNode() {
  const node = join(bin, "node");
  if (!existsSync(node)) {
    const rebuild = ["rebuild", "node", "--ignore-scripts=false"];
    const status = run("npm", rebuild);
    if (status !== 0 || !existsSync(node)) {
      console.log(
        `Node ${process.versions.node} is too old for the tests; install Node ${nodeMin.join(".")}`,
      );
      finish({ passed: 0, failed: 1, skipped: 0 }, 1);
      return;
    }
  }
  process.exitCode = run(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
}

function run(command, args) {
  const PATH = `${bin}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH };
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env });
  if (error !== undefined) console.log(error.message);
  return status ?? 1;
}
