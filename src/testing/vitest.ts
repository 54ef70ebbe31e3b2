import { expect } from 'vitest';
import { type WorkflowMatchers, workflowMatchers } from './matchers.ts';

// Imported for its effect: `setupFiles: ['pyworkflow/testing/vitest']`, or at the top of a test.
expect.extend(workflowMatchers);

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: the declaration must repeat vitest's own
  interface Matchers<T = any> extends WorkflowMatchers {
    readonly '~received'?: T;
  }
}
