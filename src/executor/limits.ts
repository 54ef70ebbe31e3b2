import { EventLimitExceededError } from '../core/errors.ts';
import type { NewEvent } from '../core/event.ts';
import type { Draft } from './draft.ts';
import { recordFailure } from './finish.ts';
import type { RunInHand } from './run-in-hand.ts';

/** Warns of what grows beyond good sense, and ends a run that has reached its hard limit. */
export function checkLimits(run: RunInHand & { readonly sequence: number }, draft: Draft): void {
  const { settings, log } = run.executor;
  for (const event of draft.events) {
    if (event.data.length < settings.payloadWarningSize) continue;
    log.warn('a large payload was recorded', { run_id: run.summary.runId, ...describe(event) });
  }
  const count = run.sequence + draft.events.length;
  if (count < settings.eventSoftLimit) return;
  if (count >= settings.eventHardLimit && draft.release === undefined) {
    const { runId } = run.summary;
    return recordFailure(
      run,
      draft,
      new EventLimitExceededError(runId, count, settings.eventHardLimit),
    );
  }
  const { eventWarningInterval: every, eventSoftLimit } = settings;
  const passed = (sequence: number) => Math.floor((sequence - eventSoftLimit) / every);
  if (passed(count) <= Math.max(-1, passed(run.sequence)) && run.sequence >= eventSoftLimit) return;
  log.warn('a run has many events: let it go on with continueAsNew()', {
    run_id: run.summary.runId,
    events: count,
    hard_limit: settings.eventHardLimit,
  });
}

function describe({ type, data }: NewEvent): { readonly [key: string]: unknown } {
  const { step_name, step_id, hook_id, child_id } = JSON.parse(data);
  const named = Object.entries({ step_name, step_id, hook_id, child_id });
  const known = named.filter(([, value]) => value !== undefined);
  return { event: type, bytes: data.length, ...Object.fromEntries(known) };
}
