import { afterEach } from 'vitest';
import {
  createTestEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from '../../src/testing.ts';
import { clearRegistry } from '../../src/workflow/registry.ts';

/** Opens environments that end with their test. */
export function useEnvironment(): (options?: TestEnvironmentOptions) => Promise<TestEnvironment> {
  const open: TestEnvironment[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((env) => env.close()));
    clearRegistry();
  });
  return async (options) => {
    const env = await createTestEnvironment(options);
    open.push(env);
    return env;
  };
}
