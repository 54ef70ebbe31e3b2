import { AssertionError } from 'node:assert';
import { type Duration, formatDuration } from '../core/duration.ts';
import type { RunStatus } from '../core/run.ts';
import { parseVirtualDuration } from './virtual-duration.ts';

export interface MockedStep {
  readonly name: string;
  readonly args: readonly unknown[];
  /** False while it runs, and when it has failed. */
  ok: boolean;
}

export interface MockedSleep {
  readonly name: string | null;
  readonly ms: number;
  ended: boolean;
}

export interface MockedHook {
  readonly name: string;
  readonly token: string;
  answered: boolean;
}

export interface MockedChild {
  readonly name: string;
  readonly input: unknown;
}

/** What the code has asked for so far, in order. */
export interface MockTrack {
  readonly status: RunStatus;
  readonly steps: readonly Readonly<MockedStep>[];
  readonly stepNames: readonly string[];
  readonly stepCount: number;
  readonly sleeps: readonly Readonly<MockedSleep>[];
  readonly totalSleepMs: number;
  readonly hooks: readonly Readonly<MockedHook>[];
  readonly hookNames: readonly string[];
  readonly children: readonly MockedChild[];
  /** Ids given to `patched`. */
  readonly patches: readonly string[];
  /** The input the code goes on with as a new run. */
  readonly continuedAsNew: { readonly input: unknown } | undefined;
  /** @param times exactly so often; default: at least once. @throws AssertionError */
  assertStepCalled(name: string, times?: number): void;
  /** @param total of all sleeps together; default: any. @throws AssertionError */
  assertSlept(total?: Duration): void;
  /** Forgets what was asked for; the answers stay. */
  reset(): void;
}

export interface WritableTrack extends MockTrack {
  status: RunStatus;
  readonly steps: MockedStep[];
  readonly sleeps: MockedSleep[];
  readonly hooks: MockedHook[];
  readonly children: MockedChild[];
  readonly patches: string[];
  continuedAsNew: { readonly input: unknown } | undefined;
}

export function createMockTrack(): WritableTrack {
  const track: WritableTrack = {
    status: 'pending',
    steps: [],
    sleeps: [],
    hooks: [],
    children: [],
    patches: [],
    continuedAsNew: undefined,
    get stepNames() {
      return track.steps.map(({ name }) => name);
    },
    get stepCount() {
      return track.steps.length;
    },
    get totalSleepMs() {
      return track.sleeps.reduce((sum, { ms }) => sum + ms, 0);
    },
    get hookNames() {
      return track.hooks.map(({ name }) => name);
    },
    assertStepCalled(name, times) {
      const actual = track.stepNames.filter((called) => called === name).length;
      if (times === undefined ? actual > 0 : actual === times) return;
      const wanted =
        times === undefined ? 'was not called' : `was called ${actual} times, not ${times}`;
      const list = track.stepNames.join(', ') || 'none';
      fail(`Step '${name}' ${wanted}; called were: ${list}`, actual, times);
    },
    assertSlept(total) {
      const actual = track.totalSleepMs;
      const wanted = total === undefined ? null : parseVirtualDuration(total);
      if (wanted === null ? actual > 0 : actual === wanted) return;
      const not = wanted === null ? '' : `, not ${formatDuration(wanted)}`;
      fail(`The code slept ${formatDuration(actual)}${not}`, actual, wanted);
    },
    reset() {
      const { steps, sleeps, hooks, children, patches } = track;
      for (const list of [steps, sleeps, hooks, children, patches]) list.length = 0;
      track.continuedAsNew = undefined;
      track.status = 'pending';
    },
  };
  return track;
}

function fail(message: string, actual: unknown, expected: unknown): never {
  throw new AssertionError({ message, actual, expected });
}
