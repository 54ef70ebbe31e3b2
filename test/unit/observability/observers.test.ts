import { expect, it } from 'vitest';
import { combineObservers } from '../../../src/observability/combine-observers.ts';
import type { Observer } from '../../../src/observability/observer.ts';
import { traceIdentity } from '../../../src/observability/trace-identity.ts';

const step = { runId: 'run_1' } as never;

it('an observer that throws harms neither the run nor the other observers', () => {
  const failing = new Proxy({} as Observer, {
    get: () => () => {
      throw new Error('broken');
    },
  });
  const told: string[] = [];
  const good = new Proxy({} as Observer, {
    get: (_, name) => (_step: unknown, run: unknown) => {
      told.push(String(name));
      return typeof run === 'function' ? run() : undefined;
    },
  });
  const errors: unknown[] = [];
  const both = combineObservers([failing, good, failing], (error) => errors.push(error));
  both.runOpened({} as never);
  both.commitFlushed(1, 2);
  let calls = 0;
  expect(both.runAttempt(step, () => ++calls)).toBe(1);
  expect(calls).toBe(1);
  expect(told).toEqual(['runOpened', 'commitFlushed', 'runAttempt']);
  expect(errors).toHaveLength(6);
});

it('the trace of a run is made of its id alone', () => {
  expect(traceIdentity('run_1')).toEqual(traceIdentity('run_1'));
  expect(traceIdentity('run_1')).toEqual({
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
  });
  expect(traceIdentity('run_2').traceId).not.toBe(traceIdentity('run_1').traceId);
});
