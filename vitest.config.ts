import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // A test that imports an example tests the sources, not the last build.
    alias: [
      { find: /^millrace$/, replacement: here("src/index.ts") },
      { find: /^millrace\/testing$/, replacement: here("src/testing/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    // One process per test file: what a test leaves open ends with its process, and signals and exit codes are real.
    pool: "forks",
    maxWorkers: 2,
    // Generous, because some tests run whole programs in child processes on busy cores; no test waits by itself.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    teardownTimeout: 10_000,
    typecheck: {
      enabled: true,
      include: ["test/types/**/*.test-d.ts"],
      tsconfig: here("test/types/tsconfig.json"),
    },
  },
});
