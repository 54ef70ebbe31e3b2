import { formatDuration } from '../../core/duration.ts';
import type { EventOf } from '../../core/event.ts';
import { brief, clean } from '../output/text.ts';
import { relative } from '../output/time.ts';
import type { Finding } from './finding.ts';
import type { OpenStep, OpenWork } from './open-work.ts';

/** What a run waits for by itself, each with what would end the wait. */
export function explainWaits(runId: string, open: OpenWork, now: number): readonly Finding[] {
  return [
    ...open.steps.map((step) => explainStep(runId, step, now)),
    ...open.hooks.map((event) => explainHook(runId, event, now)),
    ...open.sleeps.map((event) => explainSleep(event, now)),
  ];
}

function explainHook(runId: string, { data }: EventOf<'hook.created'>, now: number): Finding {
  const { hook_id, name, expires_at } = data;
  const until =
    expires_at === null ? '' : `, until ${expires_at} (${relative(Date.parse(expires_at), now)})`;
  return {
    kind: 'hook',
    tone: 'wait',
    message: `It waits for the hook ${clean(name)}${until}`,
    commands: [
      `pyworkflow hooks resume ${runId}:${hook_id}`,
      `pyworkflow hooks info ${runId}:${hook_id}`,
    ],
  };
}

function explainSleep({ data }: EventOf<'sleep.started'>, now: number): Finding {
  const { resume_at, duration_seconds, name } = data;
  const at = Date.parse(resume_at);
  const what = name === null ? '' : ` (${clean(name)})`;
  const length = formatDuration(duration_seconds * 1000);
  return {
    kind: 'timer',
    tone: at <= now ? 'trouble' : 'wait',
    message: `It sleeps ${length}${what} until ${resume_at} (${relative(at, now)})`,
    commands: [],
  };
}

function explainStep(runId: string, { started, waits, lastError }: OpenStep, now: number): Finding {
  const { step_name, attempt } = started.data;
  const name = clean(step_name);
  const error =
    lastError === null
      ? []
      : [
          `last error  ${clean(lastError.data.error.name)}: ${brief(lastError.data.error.message, 300)}`,
        ];
  if (waits === null) {
    const again = attempt > 1 ? `, attempt ${attempt}` : '';
    return {
      kind: 'step',
      tone: 'fine',
      message: `Step ${name} runs${again}, begun ${relative(started.timestamp, now)}`,
      details: error,
      commands: [`pyworkflow runs logs ${runId} --follow`],
    };
  }
  const { resume_at } = waits.data;
  const when = `${resume_at} (${relative(Date.parse(resume_at), now)})`;
  const isDue = Date.parse(resume_at) <= now;
  if (waits.type === 'step.delayed') {
    return {
      kind: 'rate_limit',
      tone: isDue ? 'trouble' : 'wait',
      message: `Step ${name} waits for its turn under its rate limit until ${when}`,
      details: error,
      commands: [],
    };
  }
  const { attempt: next, max_retries } = waits.data;
  return {
    kind: 'retry',
    tone: isDue ? 'trouble' : 'wait',
    message: `Step ${name} is tried again at ${when}: attempt ${next} of ${max_retries + 1}`,
    details: error.length > 0 ? error : [`last error  ${brief(waits.data.error, 300)}`],
    commands: [`pyworkflow runs logs ${runId} --filter step`],
  };
}
