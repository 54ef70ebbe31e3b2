import { durationText } from '../core/duration.ts';
import { runInContext } from '../workflow/context.ts';
import type { Activity } from './activity.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Lets time pass: as far as somebody waits for, and never while anything is being done. */
export interface TimeDriver {
  /**
   * Skips from timer to timer until the promise settles.
   * @param describe what it waits for, for the error message
   * @throws what the promise rejects with; an Error if nothing is left that could settle it
   */
  until<T>(promise: Promise<T>, describe: () => Promise<string>): Promise<T>;
  /** Lets everything happen that is due until then. */
  advanceTo(at: number): Promise<void>;
  /** Settles when nothing more can happen without time passing. */
  settle(): Promise<void>;
  /** The same for what must end even after a failure: the end of everything. */
  finish(promise: Promise<unknown>): Promise<unknown>;
  /** Ends all waits, now and later: something has gone wrong that concerns the whole test. */
  fail(error: unknown): void;
}

interface World {
  readonly clock: VirtualClock;
  readonly activity: Activity;
  /** True if the engine has nothing to do but to wait. */
  readonly isIdle: () => boolean;
  /** The most time that one wait may skip, milliseconds. */
  readonly horizonMs: number;
  /** Settles when everything is checked that a result may depend on. */
  readonly checked: () => Promise<void>;
}

interface Wait {
  readonly since: number;
  readonly describe: () => Promise<string>;
  readonly reject: (error: unknown) => void;
}

/** A step that takes so long in real time is worth a word, milliseconds. */
const PATIENCE_MS = 3000;

export function createTimeDriver(world: World): TimeDriver {
  const { clock, activity, isIdle, horizonMs } = world;
  const waits = new Set<Wait>();
  const targets = new Map<object, { readonly at: number; readonly arrived: () => void }>();
  let driving = false;
  let failure: { readonly error: unknown } | null = null;

  /**
   * Between two turns of the event loop nothing is half done: what goes on is then either counted by
   * `activity`, known to the engine, or waits for the clock.
   */
  async function settle(): Promise<void> {
    for (;;) {
      if (!activity.none) await patiently(activity);
      await turn();
      if (activity.none && isIdle()) return;
    }
  }

  async function drive(): Promise<void> {
    while (waits.size > 0 || targets.size > 0) {
      await settle();
      const target = Math.min(...[...targets.values()].map(({ at }) => at));
      const next = clock.nextAt();
      if (waits.size === 0 && targets.size === 0) return;
      if (next !== null && next <= target) {
        if (targets.size === 0) await giveUpBefore(next);
        if (waits.size > 0 || targets.size > 0) clock.fireNext();
      } else if (targets.size > 0) arriveAt(target);
      else await giveUpBefore(null);
    }
  }

  function arriveAt(target: number): void {
    clock.moveTo(target);
    for (const [key, { at, arrived }] of targets) {
      if (at > target) continue;
      targets.delete(key);
      arrived();
    }
  }

  async function giveUpBefore(next: number | null): Promise<void> {
    for (const wait of [...waits]) {
      if (next !== null && next <= wait.since + horizonMs) continue;
      const why =
        next === null
          ? 'nothing is left that could happen: no timer, no step, no message'
          : `it has waited for ${durationText(horizonMs)} of virtual time`;
      const what = await wait.describe();
      waits.delete(wait);
      wait.reject(new Error(`${what}, and ${why}`));
    }
  }

  function start(): void {
    if (driving) return;
    driving = true;
    void runInContext(undefined, drive).finally(() => {
      driving = false;
      if (waits.size > 0 || targets.size > 0) start();
    });
  }

  function skip<T>(promise: Promise<T>, describe: () => Promise<string>): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait = { since: clock.now(), describe, reject };
      waits.add(wait);
      const done = () => waits.delete(wait);
      promise.then(done, done);
      promise.then(resolve, reject);
      start();
    });
  }

  function throwFailure(): void {
    if (failure !== null) throw failure.error;
  }

  /** What has failed elsewhere came first, and may be why this one ends as it does. */
  async function passed<T>(promise: Promise<T>): Promise<T> {
    throwFailure();
    const [ended] = await Promise.allSettled([promise]);
    await world.checked();
    throwFailure();
    if (ended.status === 'rejected') throw ended.reason;
    return ended.value;
  }

  return {
    settle,
    until(promise, describe) {
      // Nobody may come to hear of it otherwise.
      promise.catch(() => {});
      return skip(passed(promise), describe);
    },
    finish: (promise) => skip(promise, async () => 'The environment does not close'),
    advanceTo: (at) =>
      new Promise((arrived) => {
        targets.set({}, { at, arrived });
        start();
      }),
    fail(error) {
      failure ??= { error };
      for (const { reject } of waits) reject(error);
      waits.clear();
    },
  };
}

/** Real work takes real time; a word on stderr says what the test waits for. */
async function patiently(activity: Activity): Promise<void> {
  const warn = () => {
    const going = activity.list().join(', ');
    process.emitWarning(`Virtual time stands still while this goes on: ${going}`, {
      code: 'PYWORKFLOW_TEST_WAITS',
    });
  };
  const timer = setTimeout(warn, PATIENCE_MS);
  await activity.whenNone();
  clearTimeout(timer);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
