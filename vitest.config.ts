import { defineConfig } from 'vitest/config';

/** One project a level; `npx vitest run --project unit` runs one. */
const project = (name: string, include: string[], test: object = {}) => ({
  test: { name, include, testTimeout: 30_000, hookTimeout: 30_000, ...test },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/architecture.test.ts']),
      project('conformance', ['test/conformance/**/*.test.ts']),
      project('engine', ['test/engine/**/*.test.ts']),
      project('cli', ['test/cli/**/*.test.ts']),
      // Real processes, some of them killed: one file at a time, so that they do not starve each other.
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 600_000, fileParallelism: false }),
    ],
  },
});
