import { isDeepStrictEqual } from 'node:util';
import { type Ending, endingOf } from './crash-ending.ts';
import {
  openEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from './test-environment.ts';

export interface CrashReport<T> {
  /** What the script gave, every time. */
  readonly result: T;
  /** Commits at which the worker was killed, each once before and once after it was on disk. */
  readonly commits: number;
}

/**
 * Runs `script` again and again, each time in a new environment with an empty store, and kills the
 * worker at one of its commits: once just before the commit is on disk, once just after, until no
 * commit is left. Another worker takes over at once.
 *
 * Every time, the script's result, the outcome of every run and the recorded result of every step
 * must be those of the undisturbed first time, and no step may run again whose end was recorded.
 * Run ids are no difference; other random values in results are. The store is always in memory.
 *
 * @param script starts runs and waits for them; it talks to the store from a process that lives on
 * @throws an Error that says at which commit what was different; what the script throws the first time
 */
export async function crashAtEveryCommit<T>(
  script: (env: TestEnvironment) => Promise<T>,
  options: TestEnvironmentOptions = {},
): Promise<CrashReport<T>> {
  const undisturbed = await runOnce(script, options, null);
  if ('error' in undisturbed.outcome) throw undisturbed.outcome.error;
  for (let commit = 1; ; commit++) {
    for (const when of ['before', 'after'] as const) {
      const ending = await runOnce(script, options, { commit, when });
      if (!ending.crashed) return { result: undisturbed.outcome.result, commits: commit - 1 };
      compare(undisturbed, ending, `killed just ${when} commit ${commit}`);
    }
  }
}

interface Run<T> extends Ending {
  readonly outcome: { readonly result: T } | { readonly error: unknown };
  readonly crashed: boolean;
  /** Steps that were begun after their end was recorded. */
  readonly repeated: readonly string[];
}

async function runOnce<T>(
  script: (env: TestEnvironment) => Promise<T>,
  options: TestEnvironmentOptions,
  crash: { readonly commit: number; readonly when: 'before' | 'after' } | null,
): Promise<Run<T>> {
  let crashed = false;
  const repeated: string[] = [];
  const plan = {
    ...(crash ?? { commit: Number.POSITIVE_INFINITY, when: 'after' as const }),
    onCrash: () => {
      crashed = true;
    },
    onRepeated: (step: string) => repeated.push(step),
  };
  const config = { ...options.config, storage: { backend: 'memory' } } as const;
  const env = await openEnvironment({ ...options, config }, plan);
  try {
    const outcome = await script(env).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    return { outcome, crashed, repeated, ...(await endingOf(env.client)) };
  } finally {
    await env.close();
  }
}

function compare<T>(expected: Run<T>, found: Run<T>, where: string): void {
  if ('error' in found.outcome) {
    throw new Error(`The worker was ${where}: the script failed`, { cause: found.outcome.error });
  }
  if (found.repeated.length > 0) {
    const list = found.repeated.join('; ');
    throw new Error(`The worker was ${where}: steps ran again whose end was recorded: ${list}`);
  }
  const differs = (what: string, before: unknown, after: unknown) => {
    if (isDeepStrictEqual(before, after)) return;
    const sides = `undisturbed ${JSON.stringify(before)}, now ${JSON.stringify(after)}`;
    throw new Error(`The worker was ${where}: ${what} changed: ${sides}`);
  };
  differs('the outcome of the runs', expected.runs, found.runs);
  const { result } = expected.outcome as { readonly result: T };
  differs("the script's result", expected.plain(result), found.plain(found.outcome.result));
}
