import type { Client } from '../client/client.ts';
import type { Clock } from '../core/clock.ts';
import type { HookRecord } from '../core/hook.ts';
import { isFinished } from '../core/run.ts';
import type { Activity } from './activity.ts';
import { behave } from './behaviour.ts';

/** Answers hooks as soon as they are on disk. */
export interface HookAnswers {
  /** @param delayMs of virtual time between the hook and its answer */
  answer(name: string, payload: unknown, delayMs: number): HookAnswer;
  /** A hook has come into being. */
  created(hook: HookRecord): void;
}

export interface HookAnswer {
  readonly hookName: string;
  /** The hooks that were answered, in order. */
  readonly answered: readonly HookRecord[];
  /** Leaves the hooks from now on to others. */
  restore(): void;
}

interface Parts {
  readonly client: () => Client;
  readonly clock: Clock;
  readonly activity: Activity;
  /** Told of an answer that was refused. */
  readonly onError: (error: unknown) => void;
}

export function createHookAnswers({ client, clock, activity, onError }: Parts): HookAnswers {
  const answers = new Map<string, { answer(hook: HookRecord): void }>();

  async function give(hook: HookRecord, payload: unknown): Promise<boolean> {
    const { status } = await client().runs.get(hook.runId);
    // It may have been cancelled, expired or answered by the test meanwhile.
    if (isFinished(status)) return false;
    const { status: now } = await client().hooks.get(hook.token);
    if (now !== 'pending') return false;
    await client().hooks.resume(hook.token, await behave(payload, [hook]));
    return true;
  }

  return {
    answer(hookName, payload, delayMs) {
      const answered: HookRecord[] = [];
      const answerOne = (hook: HookRecord) => {
        const work = give(hook, payload).then((given) => void (given && answered.push(hook)));
        activity.during(`the answer to hook '${hookName}'`, work.catch(onError));
      };
      const entry = {
        answer(hook: HookRecord) {
          if (delayMs > 0) clock.after(delayMs, () => answerOne(hook));
          else answerOne(hook);
        },
      };
      answers.set(hookName, entry);
      const waiting = client().hooks.list({ status: 'pending', limit: 10_000 });
      activity.during(
        'a look at the waiting hooks',
        waiting.then(({ items }) => {
          for (const hook of items) if (hook.name === hookName) entry.answer(hook);
        }, onError),
      );
      return {
        hookName,
        answered,
        restore() {
          if (answers.get(hookName) === entry) answers.delete(hookName);
        },
      };
    },
    created: (hook) => answers.get(hook.name)?.answer(hook),
  };
}
