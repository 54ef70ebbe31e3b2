import { defineConfig } from 'vitest/config';

const noTypes = { include: [] };
// The flag alone does not reach the projects.
const types = {
  enabled: process.argv.includes('--typecheck'),
  include: ['test/types/**/*.test-d.ts'],
  tsconfig: 'test/types/tsconfig.json',
};

/** One project a level; `npx vitest run --project unit` runs one. */
const project = (name: string, include: string[], test: object = {}) => ({
  // Types are the business of one project; by default each would check them all.
  test: { name, include, testTimeout: 30_000, hookTimeout: 30_000, typecheck: noTypes, ...test },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/architecture.test.ts']),
      project('conformance', ['test/conformance/**/*.test.ts']),
      // Real servers under load, one file at a time.
      project('stores', ['test/stores/**/*.test.ts'], {
        testTimeout: 120_000,
        fileParallelism: false,
      }),
      project('engine', ['test/engine/*.test.ts']),
      project('executor', ['test/engine/executor/**/*.test.ts']),
      project('scheduler', ['test/scheduler/**/*.test.ts']),
      project('testing', ['test/testing/**/*.test.ts']),
      project('scenarios', ['test/scenarios/**/*.test.ts']),
      // Every seed is a world of its own, in processes of their own.
      project('simulation', ['test/simulation/**/*.test.ts'], {
        testTimeout: 900_000,
        fileParallelism: false,
      }),
      // Only with `--typecheck`: what must and must not compile.
      project('types', [], { typecheck: types }),
      project('cli', ['test/cli/**/*.test.ts']),
      // A real engine, of which there is one at a time.
      project('docker', ['test/docker/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      // Real processes, some of them killed: one file at a time, so that they do not starve each other.
      project('e2e', ['test/e2e/**/*.test.ts'], { testTimeout: 600_000, fileParallelism: false }),
    ],
  },
});
