import { afterEach, beforeEach, vi } from 'vitest';
import { setLogging } from '../../../src/observability/log-settings.ts';

/** What goes to stderr during each test of the file, line by line; nothing is configured at its start. */
export function captureLines(): { readonly text: () => string[]; readonly json: () => object[] } {
  let written = '';
  beforeEach(() => {
    written = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      written += String(chunk);
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    setLogging('program', {});
    setLogging('config', {});
  });
  const text = () => written.split('\n').slice(0, -1);
  return { text, json: () => text().map((line) => JSON.parse(line)) };
}

/** A context for `runInContext` that notes what is recorded. */
export function fakeContext(kind: 'workflow' | 'step', more: object = {}) {
  const recorded: unknown[][] = [];
  const context = {
    kind,
    runId: 'run_1',
    workflowName: 'order',
    isReplaying: false,
    stepId: 'step_charge_1',
    stepName: 'charge',
    attempt: 2,
    recordLog: (...args: unknown[]) => void recorded.push(args),
    ...more,
  };
  return { context: context as never, recorded };
}
