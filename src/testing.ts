export type { Behaviour } from './testing/behaviour.ts';
export { type CrashReport, crashAtEveryCommit } from './testing/crash-at-every-commit.ts';
export type { HookAnswer } from './testing/hook-answers.ts';
export { type WorkflowMatchers, workflowMatchers } from './testing/matchers.ts';
export {
  createMockContext,
  type MockContext,
  type MockContextOptions,
} from './testing/mock-context.ts';
export type { MockStep } from './testing/mock-step-type.ts';
export { type ReplayOptions, replayHistory } from './testing/replay-history.ts';
export type { StepCall, StepMock } from './testing/step-mocks.ts';
export {
  createTestEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from './testing/test-environment.ts';
export type { WorkflowMock } from './testing/workflow-mocks.ts';
