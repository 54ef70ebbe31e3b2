import { isoTime } from '../core/clock.ts';
import { type Draft, record } from './draft.ts';
import type { RunInHand } from './run-in-hand.ts';

/** True if a step that is about to start must ask for its place first. */
export function startsLimitedStep({ session }: RunInHand, draft: Draft): boolean {
  return draft.startSteps.some((id) => {
    const step = session.pending.get(id)?.step;
    return step?.definition.rateLimit != null && !step.reserved;
  });
}

/**
 * Books places for attempts under a rate limit. One whose place lies ahead does not start now: a
 * timer wakes it, so that its run may suspend meanwhile. @throws StoreUnavailableError
 */
export async function delayLimitedSteps(run: RunInHand, draft: Draft): Promise<void> {
  if (!startsLimitedStep(run, draft)) return;
  const { executor, session } = run;
  for (const stepId of [...draft.startSteps]) {
    const step = session.pending.get(stepId)?.step;
    const limit = step?.definition.rateLimit;
    if (step === undefined || limit == null || step.reserved) continue;
    const now = executor.clock.now();
    const dueAt = await executor.store.reserve({
      name: `step:${limit.name}`,
      limit: limit.limit,
      periodMs: limit.perMs,
      now,
    });
    step.reserved = true;
    if (dueAt <= now) continue;
    draft.startSteps.splice(draft.startSteps.indexOf(stepId), 1);
    step.retryAt = dueAt;
    draft.timers.push({ id: stepId, kind: 'retry', dueAt });
    record(draft, 'step.delayed', {
      step_id: stepId,
      attempt: step.attempt,
      resume_at: isoTime(dueAt),
      reason: 'rate_limit',
    });
  }
}
