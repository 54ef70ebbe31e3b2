import { type Duration, formatDuration } from '../core/duration.ts';
import { INSPECT, type Inspectable, type RunView } from './run-view.ts';
import { parseVirtualDuration } from './virtual-duration.ts';

interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/**
 * For `expect.extend` of vitest or jest. They look at a run's handle from a test environment, or at
 * a mock context, and have to be awaited: `await expect(run).toHaveStatus('completed')`.
 */
export const workflowMatchers = {
  /** @param times exactly so often; default: at least once */
  async toHaveCompletedStep(
    received: unknown,
    name: string,
    times?: number,
  ): Promise<MatcherResult> {
    const run = await inspect(received, 'toHaveCompletedStep');
    const found = run.completedSteps.filter((step) => step === name).length;
    const wanted = times === undefined ? '' : ` ${times} times`;
    const list = run.completedSteps.join(', ') || 'none';
    return verdict(
      times === undefined ? found > 0 : found === times,
      `${run.name} to have completed step '${name}'${wanted}`,
      `it did ${found} times; its completed steps: ${list}`,
    );
  },

  /** @param duration of all sleeps that have ended together; default: any */
  async toHaveSlept(received: unknown, duration?: Duration): Promise<MatcherResult> {
    const run = await inspect(received, 'toHaveSlept');
    const total = run.slept.reduce((sum, ms) => sum + ms, 0);
    const wanted = duration === undefined ? null : parseVirtualDuration(duration);
    return verdict(
      wanted === null ? total > 0 : total === wanted,
      `${run.name} to have slept${wanted === null ? '' : ` ${formatDuration(wanted)}`}`,
      `it slept ${formatDuration(total)} in ${run.slept.length} sleeps`,
    );
  },

  async toBeWaitingForHook(received: unknown, name: string): Promise<MatcherResult> {
    const run = await inspect(received, 'toBeWaitingForHook');
    const list = run.waitingHooks.map((hook) => `'${hook}'`).join(', ') || 'none';
    return verdict(
      run.waitingHooks.includes(name),
      `${run.name} to be waiting for hook '${name}'`,
      `it is ${run.status}; its waiting hooks: ${list}`,
    );
  },

  async toHaveStatus(received: unknown, status: string): Promise<MatcherResult> {
    const run = await inspect(received, 'toHaveStatus');
    return verdict(
      run.status === status,
      `${run.name} to have status '${status}'`,
      `it is ${run.status}`,
    );
  },
};

/** What the matchers add to `expect(run)`. */
export interface WorkflowMatchers<R = Promise<void>> {
  toHaveCompletedStep(name: string, times?: number): R;
  toHaveSlept(duration?: Duration): R;
  toBeWaitingForHook(name: string): R;
  toHaveStatus(status: RunView['status']): R;
}

function inspect(received: unknown, matcher: string): Promise<RunView> {
  const look = (received as Partial<Inspectable> | null)?.[INSPECT];
  if (look === undefined) {
    const what = 'the handle of a run started in a test environment, or a mock context';
    throw new TypeError(`${matcher} takes ${what}`);
  }
  return look.call(received);
}

/** Both texts are complete: runners differ in what they add for `.not`. */
function verdict(pass: boolean, expected: string, found: string): MatcherResult {
  return { pass, message: () => `expected ${expected}${pass ? ' not' : ''}: ${found}` };
}
